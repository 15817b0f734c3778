using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Weft.Wire.Dns;

namespace Weft.Proxy.Dns;

/// <summary>
/// Asks the machine's resolvers for names that are not the mesh's. Each question goes out from a socket of its own, with a random id and port, and only a response with this id and
/// question from that resolver is taken. Bounded in number and time.
/// </summary>
internal sealed class DnsForwarder(DnsServerOptions options, TimeProvider time)
{
    private const int MaxMessageBytes = 65535;
    private int outstanding;

    /// <summary>A place among the outstanding questions, or false at the bound. Give it back with <see cref="Leave"/>.</summary>
    internal bool TryEnter()
    {
        if (Interlocked.Increment(ref outstanding) <= options.MaxOutstanding)
            return true;
        Interlocked.Decrement(ref outstanding);
        return false;
    }

    internal void Leave() => Interlocked.Decrement(ref outstanding);

    /// <summary>The response with the client's id, or null when no resolver gave one.</summary>
    internal async Task<byte[]?> AskAsync(ReadOnlyMemory<byte> request, DnsQuery query, bool overTcp, CancellationToken cancel)
    {
        byte[] question = request.ToArray();
        foreach (IPEndPoint upstream in options.Upstreams)
        {
            ushort id = (ushort)RandomNumberGenerator.GetInt32(65536);
            BinaryPrimitives.WriteUInt16BigEndian(question, id);
            using CancellationTokenSource timeout = new(options.UpstreamTimeout, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancel, timeout.Token);
            try
            {
                byte[] response = overTcp
                    ? await AskTcpAsync(upstream, question, id, query, either.Token).ConfigureAwait(false)
                    : await AskUdpAsync(upstream, question, id, query, either.Token).ConfigureAwait(false);
                BinaryPrimitives.WriteUInt16BigEndian(response, query.Id);
                return response;
            }
            catch (Exception failure) when (failure is SocketException or EndOfStreamException or InvalidDataException)
            {
                // Unreachable or broken: the next one may do better.
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                // Silent: the next one may do better.
            }
        }

        return null;
    }

    private static async Task<byte[]> AskUdpAsync(IPEndPoint upstream, byte[] question, ushort id, DnsQuery query, CancellationToken cancel)
    {
        using Socket socket = new(upstream.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(upstream, cancel).ConfigureAwait(false);
        await socket.SendAsync(question, cancel).ConfigureAwait(false);
        byte[] buffer = new byte[DnsMessage.MaxUdpBytes];
        while (true)
        {
            int received = await socket.ReceiveAsync(buffer, cancel).ConfigureAwait(false);
            // Anything else is a stray or a forgery; the real one may still come.
            if (DnsMessage.IsResponseTo(buffer.AsSpan(0, received), id, question, query))
                return buffer[..received];
        }
    }

    private static async Task<byte[]> AskTcpAsync(IPEndPoint upstream, byte[] question, ushort id, DnsQuery query, CancellationToken cancel)
    {
        using Socket socket = new(upstream.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(upstream, cancel).ConfigureAwait(false);
        using NetworkStream stream = new(socket);
        await DnsStream.WriteAsync(stream, question, cancel).ConfigureAwait(false);
        byte[] buffer = new byte[MaxMessageBytes];
        int length = await DnsStream.ReadAsync(stream, buffer, cancel).ConfigureAwait(false);
        return length > 0 && DnsMessage.IsResponseTo(buffer.AsSpan(0, length), id, question, query)
            ? buffer[..length]
            : throw new InvalidDataException("The resolver's message is no response to the question.");
    }
}
