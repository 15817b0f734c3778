using System.Net.Sockets;
using Google.Protobuf;
using Weft.Wire.Http2;

namespace Weft.Proxy.Grpc;

/// <summary>
/// One HTTP/2 connection to a gRPC server, for the few calls that a proxy makes on its own account: discovery and certificates. It runs on the pool, beside
/// the workers, and is never opened again: whoever owns it makes a new one. Calls may be made from any thread.
/// </summary>
/// <remarks>
/// One task receives and takes frames; whatever must be sent goes into one queue, and one task at a time sends it. The gate guards all state and is never
/// held over a wait.
/// </remarks>
public sealed partial class GrpcConnection : IAsyncDisposable
{
    /// <summary>How long the farewell may take when the server does not read.</summary>
    private static readonly TimeSpan s_farewellTimeout = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly GrpcConnectionOptions _options;
    private readonly IGrpcTransport _transport;
    private readonly CancellationTokenSource _closing = new();
    private readonly Dictionary<int, GrpcStream> _streams = [];
    private readonly HpackEncoder _encoder = new();
    private readonly ITimer _keepAlive;
    private Http2Settings _peer = new();
    private FlowWindow _send = new(Http2Settings.DefaultInitialWindowSize);
    private ReceiveWindow _receive;
    private Task _receiving = Task.CompletedTask;
    private GrpcException? _failure;
    private int _lastStream = -1;
    private bool _isGoingAway;
    private bool _isDisposed;

    private GrpcConnection(GrpcConnectionOptions options, IGrpcTransport transport)
    {
        _options = options;
        _transport = transport;
        _receive = new ReceiveWindow(options.WindowBytes);
        _lastReceived = options.Time.GetTimestamp();
        _keepAlive = options.Time.CreateTimer(static c => ((GrpcConnection)c!).CheckAlive(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Connects, makes the TLS handshake when there is TLS, and sends the preface; the server's is not waited for.</summary>
    /// <param name="options">Where to and how.</param>
    /// <param name="cancel">Ends the attempt.</param>
    /// <exception cref="GrpcException">There is no connection: the code is <see cref="GrpcStatusCode.Unavailable"/>.</exception>
    public static async Task<GrpcConnection> ConnectAsync(GrpcConnectionOptions options, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        using CancellationTokenSource deadline = new(options.ConnectTimeout, options.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        try
        {
            PlainTransport tcp = await PlainTransport.ConnectAsync(options.Host, options.Port, either.Token).ConfigureAwait(false);
            IGrpcTransport transport = options.Tls is { } tls ? await TlsTransport.OpenAsync(tcp, tls, either.Token).ConfigureAwait(false) : tcp;
            GrpcConnection connection = new(options, transport);
            connection.Begin();
            return connection;
        }
        catch (SocketException e)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, $"{options.Host}:{options.Port} cannot be reached: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, $"{options.Host}:{options.Port} did not accept a connection within {options.ConnectTimeout.TotalSeconds:0.#} s.", e);
        }
    }

    /// <summary>Opens a call with messages in both directions.</summary>
    /// <param name="method">What is called.</param>
    /// <param name="metadata">Fields for the request's head, such as a token.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <exception cref="GrpcException">The connection takes no more calls.</exception>
    public GrpcCall<TRequest, TResponse> Open<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, IReadOnlyList<KeyValuePair<string, string>> metadata, CancellationToken cancel)
        where TRequest : class, IMessage
        where TResponse : class, IMessage<TResponse>
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(metadata);
        return new GrpcCall<TRequest, TResponse>(this, Open(method.Path, metadata, null), method, cancel);
    }

    /// <summary>Asks once and waits for the one answer.</summary>
    /// <param name="method">What is called.</param>
    /// <param name="request">The question.</param>
    /// <param name="metadata">Fields for the request's head.</param>
    /// <param name="timeout">For the whole call; the server is told.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <exception cref="GrpcException">There is no answer.</exception>
    public async Task<TResponse> AskAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, IReadOnlyList<KeyValuePair<string, string>> metadata, TimeSpan timeout, CancellationToken cancel)
        where TRequest : class, IMessage
        where TResponse : class, IMessage<TResponse>
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(metadata);
        using CancellationTokenSource deadline = new(timeout, _options.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        GrpcCall<TRequest, TResponse> call = new(this, Open(method.Path, metadata, timeout), method, CancellationToken.None);
        await using (call.ConfigureAwait(false))
        {
            try
            {
                await call.WriteAsync(request, either.Token, isLast: true).ConfigureAwait(false);
                TResponse answer = await call.ReadAsync(either.Token).ConfigureAwait(false)
                    ?? throw new GrpcException(GrpcStatusCode.Internal, "The server ended the call well, but without an answer.");
                return await call.ReadAsync(either.Token).ConfigureAwait(false) is null ? answer
                    : throw new GrpcException(GrpcStatusCode.Internal, "The server gave more than one answer.");
            }
            catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
            {
                throw new GrpcException(GrpcStatusCode.DeadlineExceeded, $"The server did not answer within {timeout.TotalSeconds:0.#} s.", e);
            }
        }
    }

    /// <summary>Ends open calls and the connection, and waits until its socket is closed.</summary>
    public async ValueTask DisposeAsync()
    {
        Task sent;
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            if (_failure is null)
            {
                QueueGoAway(Http2ErrorCode.NoError);
                Fail(new GrpcException(GrpcStatusCode.Cancelled, "The connection was closed."));
            }

            Flush();
            sent = _flushing;
        }

        await _keepAlive.DisposeAsync().ConfigureAwait(false);
        await sent.WaitAsync(s_farewellTimeout, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _closing.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(sent, _receiving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _transport.Dispose();
        _closing.Dispose();
    }

    /// <summary>Gives up a call; the server hears of it unless it has ended the call itself.</summary>
    internal void Abandon(GrpcStream stream, GrpcStatusCode code, string text)
    {
        lock (_gate)
        {
            if (!stream.HasEnded)
                Reset(stream, Http2ErrorCode.Cancel, new GrpcException(code, text));
            stream.Dispose();
            Flush();
        }
    }

    /// <summary>Grants the server more bytes for a call.</summary>
    internal void Grant(GrpcStream stream, int increment)
    {
        lock (_gate)
        {
            if (stream.HasEnded)
                return;
            QueueWindowUpdate(stream.Id, increment);
            Flush();
        }
    }

    private void Begin()
    {
        lock (_gate)
        {
            QueuePreface();
            Flush();
        }

        _receiving = ReceiveAsync();
    }

    private GrpcStream Open(string path, IReadOnlyList<KeyValuePair<string, string>> metadata, TimeSpan? timeout)
    {
        lock (_gate)
        {
            if (_failure is { } failure)
                throw new GrpcException(failure.Code, failure.Message, failure) { Tls = failure.Tls };
            if (_isGoingAway)
                throw new GrpcException(GrpcStatusCode.Unavailable, "The server is going away and takes no more calls on this connection.");
            if (_streams.Count >= _peer.MaxConcurrentStreams)
                throw new GrpcException(GrpcStatusCode.ResourceExhausted, $"The server takes at most {_peer.MaxConcurrentStreams} calls at a time.");
            foreach ((string name, string value) in metadata)
                CheckField(name, value);
            GrpcStream stream = new(_lastStream += 2, _gate, _options.WindowBytes, _peer.InitialWindowSize, _options.MaxMessageBytes);
            QueueHead(stream.Id, path, metadata, timeout);
            _streams.Add(stream.Id, stream);
            if (_streams.Count == 1)
                WatchFromNow();
            Flush();
            return stream;
        }
    }

    /// <summary>Ends a call from this side. Under the gate.</summary>
    private void Reset(GrpcStream stream, Http2ErrorCode code, GrpcException failure)
    {
        if (_streams.ContainsKey(stream.Id))
            QueueReset(stream.Id, code);
        End(stream, failure);
    }

    /// <summary>Notes the outcome of a call. Under the gate.</summary>
    private void End(GrpcStream stream, GrpcException? failure)
    {
        _streams.Remove(stream.Id);
        stream.End(failure);
    }

    /// <summary>Ends all calls; nothing more is received. Under the gate. The socket is closed by <see cref="DisposeAsync"/>.</summary>
    private void Fail(GrpcException failure)
    {
        if (_failure is not null)
            return;
        _failure = failure;
        foreach (GrpcStream stream in _streams.Values)
            stream.End(failure);
        _streams.Clear();
    }

    private static void CheckField(string name, string value)
    {
        bool isGood = name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && value.All(c => c is >= ' ' and <= '~');
        if (!isGood)
            throw new GrpcException(GrpcStatusCode.InvalidArgument, $"The metadata '{name}' cannot be sent: names are of letters, digits, '-', '_' and '.', values of printable ASCII.");
    }
}
