using System.Net;
using System.Net.Sockets;
using System.Text;
using Weft.Proxy.Interop;
using Weft.Wire.Dns;

namespace Weft.Proxy.Dns;

/// <summary>
/// Answers DNS for the mesh's names from a table, over UDP and TCP, and passes all other questions on to the machine's resolvers. Runs beside the workers on the thread pool; the
/// capture rules bring it every question of the workload. Names that are known answer with an empty answer for record types that they do not have (an AAAA question for an IPv4 name),
/// so that clients do not ask elsewhere.
/// </summary>
public sealed class DnsServer : IAsyncDisposable
{
    private const int MaxMessageBytes = 65535;
    private const ushort InternetClass = 1;
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);
    private readonly DnsServerOptions options;
    private readonly TimeProvider time;
    private readonly DnsForwarder forwarder;
    private readonly string[] ownDomains;
    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationTokenSource taking = new();
    private readonly Socket datagrams;
    private readonly Socket connections;
    private readonly Task serving;
    private DnsNameTable names = DnsNameTable.Empty;
    private bool handsOver;
    private int openConnections;
    private long answered;
    private long forwarded;
    private long failed;
    private long overflowed;
    private long malformed;

    private DnsServer(DnsServerOptions options, TimeProvider time)
    {
        this.options = options;
        this.time = time;
        forwarder = new DnsForwarder(options, time);
        ownDomains = [.. options.OwnDomains.Select(domain => domain.Trim('.').ToLowerInvariant())];
        if (options.Inherited is { } inherited)
        {
            (datagrams, connections) = inherited;
            serving = Task.WhenAll(ServeDatagramsAsync(), ServeConnectionsAsync());
            return;
        }

        datagrams = new Socket(options.Listen.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        connections = new Socket(options.Listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            connections.Bind(options.Listen);
            connections.Listen(options.MaxConnections);
            // The same port for both, also when the system chose it.
            datagrams.Bind(connections.LocalEndPoint!);
        }
        catch
        {
            datagrams.Dispose();
            connections.Dispose();
            throw;
        }

        serving = Task.WhenAll(ServeDatagramsAsync(), ServeConnectionsAsync());
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)connections.LocalEndPoint!;

    /// <summary>The names it knows; set by whoever receives a new table.</summary>
    public DnsNameTable Names
    {
        get => Volatile.Read(ref names);
        set => Volatile.Write(ref names, value);
    }

    /// <summary>What it did so far.</summary>
    public DnsCounters Counters => new(Interlocked.Read(ref answered), Interlocked.Read(ref forwarded), Interlocked.Read(ref failed), Interlocked.Read(ref overflowed), Interlocked.Read(ref malformed));

    /// <summary>Binds and serves until disposed of. Throws <see cref="SocketException"/> when the port is taken.</summary>
    public static DnsServer Start(DnsServerOptions options, TimeProvider time) => new(options, time);

    /// <summary>Its sockets; this object's own.</summary>
    internal (Socket Datagrams, Socket Connections) Sockets => (datagrams, connections);

    /// <summary>Asks no more and takes no more, and leaves the sockets to another process that has them too; what was asked before is still answered.</summary>
    internal async Task HandOverAsync()
    {
        handsOver = true;
        await taking.CancelAsync().ConfigureAwait(false);
        await serving.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await taking.CancelAsync().ConfigureAwait(false);
        await stopping.CancelAsync().ConfigureAwait(false);
        await serving.ConfigureAwait(false);
        foreach (Socket socket in (Socket[])[datagrams, connections])
        {
            if (handsOver) SharedSocket.Abandon(socket);
            else socket.Dispose();
        }

        taking.Dispose();
        stopping.Dispose();
    }

    private async Task ServeDatagramsAsync()
    {
        byte[] buffer = new byte[DnsMessage.MaxUdpBytes];
        byte[] answer = new byte[DnsMessage.MaxUdpBytes];
        EndPoint any = new IPEndPoint(options.Listen.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (!taking.IsCancellationRequested)
        {
            try
            {
                SocketReceiveFromResult received = await datagrams.ReceiveFromAsync(buffer, any, taking.Token).ConfigureAwait(false);
                Memory<byte> request = buffer.AsMemory(0, received.ReceivedBytes);
                int length = AnswerOwn(request.Span, answer, overTcp: false, out DnsQuery query, out bool forward);
                if (forward)
                    BeginForward(request.ToArray(), query, received.RemoteEndPoint);
                else if (length > 0)
                    await datagrams.SendToAsync(answer.AsMemory(0, length), received.RemoteEndPoint, stopping.Token).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // A client that went away (ICMP port unreachable) shows here; the socket goes on.
            }
        }
    }

    private void BeginForward(byte[] request, DnsQuery query, EndPoint client)
    {
        if (forwarder.TryEnter())
        {
            _ = ForwardDatagramAsync(request, query, client);
            return;
        }

        Interlocked.Increment(ref overflowed);
        byte[] refusal = Refusal(request, query, DnsResponseCode.ServerFailure);
        try
        {
            datagrams.SendTo(refusal, client);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // The client is gone, or this server.
        }
    }

    private async Task ForwardDatagramAsync(byte[] request, DnsQuery query, EndPoint client)
    {
        try
        {
            byte[] response = await ForwardAsync(request, query, overTcp: false).ConfigureAwait(false);
            await datagrams.SendToAsync(response, client, stopping.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client is gone, or this server.
        }
        finally
        {
            forwarder.Leave();
        }
    }

    private async Task<byte[]> ForwardAsync(ReadOnlyMemory<byte> request, DnsQuery query, bool overTcp)
    {
        byte[]? response = await forwarder.AskAsync(request, query, overTcp, stopping.Token).ConfigureAwait(false);
        Interlocked.Increment(ref response is null ? ref failed : ref forwarded);
        return response ?? Refusal(request.Span, query, DnsResponseCode.ServerFailure);
    }

    private async Task ServeConnectionsAsync()
    {
        while (!taking.IsCancellationRequested)
        {
            try
            {
                Socket client = await connections.AcceptAsync(taking.Token).ConfigureAwait(false);
                if (Interlocked.Increment(ref openConnections) > options.MaxConnections)
                {
                    Interlocked.Decrement(ref openConnections);
                    Interlocked.Increment(ref overflowed);
                    client.Dispose();
                    continue;
                }

                _ = ServeConnectionAsync(client);
            }
            catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException failure) when (failure.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
            {
                // The connection stays ready, and the next attempt would fail at once.
                await Task.Delay(AcceptPause, time, taking.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (SocketException)
            {
                // Reset before it was accepted.
            }
        }
    }

    private async Task ServeConnectionAsync(Socket client)
    {
        byte[] request = new byte[MaxMessageBytes], answer = new byte[MaxMessageBytes];
        try
        {
            using NetworkStream stream = new(client, ownsSocket: true);
            while (true)
            {
                using CancellationTokenSource idle = new(options.ConnectionIdleTimeout, time);
                using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token, idle.Token);
                int received = await DnsStream.ReadAsync(stream, request, either.Token).ConfigureAwait(false);
                if (received == 0)
                    return;
                ReadOnlyMemory<byte> message = request.AsMemory(0, received);
                int length = AnswerOwn(message.Span, answer, overTcp: true, out DnsQuery query, out bool forward);
                ReadOnlyMemory<byte> response = forward ? await ForwardStreamAsync(message, query).ConfigureAwait(false) : answer.AsMemory(0, length);
                if (response.Length == 0)
                    return;
                await DnsStream.WriteAsync(stream, response, either.Token).ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (failure is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client broke off or was silent for too long.
        }
        finally
        {
            Interlocked.Decrement(ref openConnections);
        }
    }

    private async Task<ReadOnlyMemory<byte>> ForwardStreamAsync(ReadOnlyMemory<byte> request, DnsQuery query)
    {
        if (!forwarder.TryEnter())
        {
            Interlocked.Increment(ref overflowed);
            return Refusal(request.Span, query, DnsResponseCode.ServerFailure);
        }

        try
        {
            return await ForwardAsync(request, query, overTcp: true).ConfigureAwait(false);
        }
        finally
        {
            forwarder.Leave();
        }
    }

    /// <summary>Answers what can be answered here; the length of the answer, 0 for none. <paramref name="forward"/> when a resolver has to be asked.</summary>
    private int AnswerOwn(ReadOnlySpan<byte> request, Span<byte> answer, bool overTcp, out DnsQuery query, out bool forward)
    {
        forward = false;
        Span<byte> name = stackalloc byte[DnsMessage.MaxNameBytes];
        DnsReadStatus status = DnsMessage.ReadQuery(request, name, out query);
        if (status == DnsReadStatus.Ignore)
        {
            Interlocked.Increment(ref malformed);
            return 0;
        }

        Span<byte> room = overTcp ? answer : answer[..query.UdpPayloadBytes];
        if (status != DnsReadStatus.Query)
        {
            Interlocked.Increment(ref malformed);
            DnsResponseCode code = status == DnsReadStatus.NotImplemented ? DnsResponseCode.NotImplemented : DnsResponseCode.FormatError;
            return DnsMessage.WriteAnswer(room, request, query with { QuestionEnd = DnsMessage.HeaderBytes }, code, [], 0);
        }

        Span<char> text = stackalloc char[DnsMessage.MaxNameBytes];
        ReadOnlySpan<char> asked = text[..Encoding.Latin1.GetChars(name[..query.NameLength], text)];
        if (query.Class == InternetClass && Names.TryFind(asked, out IPAddress[] addresses))
        {
            Interlocked.Increment(ref answered);
            return DnsMessage.WriteAnswer(room, request, query, DnsResponseCode.NoError, addresses, (uint)options.TimeToLive.TotalSeconds);
        }

        if (IsOwn(asked))
        {
            Interlocked.Increment(ref answered);
            return DnsMessage.WriteAnswer(room, request, query, DnsResponseCode.NameError, [], 0);
        }

        forward = true;
        return 0;
    }

    private bool IsOwn(ReadOnlySpan<char> name)
    {
        foreach (string domain in ownDomains)
        {
            if (name.EndsWith(domain, StringComparison.Ordinal) && (name.Length == domain.Length || name[^(domain.Length + 1)] == '.'))
                return true;
        }

        return false;
    }

    private static byte[] Refusal(ReadOnlySpan<byte> request, in DnsQuery query, DnsResponseCode code)
    {
        byte[] answer = new byte[DnsMessage.ClassicUdpBytes];
        return answer[..DnsMessage.WriteAnswer(answer, request, query, code, [], 0)];
    }
}
