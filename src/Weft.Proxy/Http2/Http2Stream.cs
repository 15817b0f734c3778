using Weft.Proxy.Engine;
using Weft.Wire.Http;
using Weft.Wire.Http2;

namespace Weft.Proxy.Http2;

/// <summary>
/// One stream as its connection sees it: windows, what waits for them, and which side has ended. Derived classes tie it to an exchange.
/// Pooled by the worker; <see cref="Id"/> is 0 while it is in no connection.
/// </summary>
internal abstract class Http2Stream(Worker worker) : IRecyclable
{
    private Http2StreamState _state;
    private FlowWindow _sendWindow;
    private ReceiveWindow _receiveWindow;
    private Http2BodyLength _remoteLength;
    private ByteQueue _pending;
    private ByteQueue _trailers;

    public Worker Worker { get; } = worker;

    public Http2Connection Connection { get; private set; } = null!;

    public int Id { get; private set; }

    /// <summary>True while body bytes wait for a window or for the socket: whoever produces them must stop.</summary>
    public bool HasPending => !_pending.IsEmpty;

    /// <summary>Which side may still send what.</summary>
    internal ref Http2StreamState State => ref _state;

    /// <summary>What the peer lets us send.</summary>
    internal ref FlowWindow SendWindow => ref _sendWindow;

    /// <summary>What the peer was let send.</summary>
    internal ref ReceiveWindow ReceiveWindow => ref _receiveWindow;

    /// <summary>What the peer announced to send.</summary>
    internal ref Http2BodyLength RemoteLength => ref _remoteLength;

    /// <summary>True while the stream is in its connection's table.</summary>
    internal bool IsAttached { get; private set; }

    /// <summary>When it was opened, on the worker's clock.</summary>
    internal long OpenedMs { get; private set; }

    /// <summary>Bytes that were received and handed on, but whose room was not given back to the peer yet.</summary>
    internal int Unreturned { get; set; }

    /// <summary>END_STREAM or trailers follow the pending bytes.</summary>
    internal bool EndIsPending { get; set; }

    /// <summary>Nothing waiting could be sent since the connection last looked.</summary>
    internal bool IsStalled { get; set; }

    /// <summary>Body bytes that our head announced and that were not sent yet; −1 when it announced nothing.</summary>
    internal long LocalLeft { get; set; }

    /// <summary>Next in the connection's queue of streams that may send.</summary>
    internal Http2Stream? NextSendable { get; set; }

    internal bool IsQueued { get; set; }

    internal ReadOnlySpan<byte> Pending => _pending.Bytes;

    internal ReadOnlySpan<byte> PendingTrailers => _trailers.Bytes;

    /// <summary>True while the owner takes body bytes: room is given back to the peer at once, else when it asks for more.</summary>
    internal abstract bool TakesData { get; }

    /// <summary>True when nobody waits for the stream's end but its connection.</summary>
    internal abstract bool IsOrphan { get; }

    /// <summary>Body bytes came.</summary>
    internal abstract void OnData(ReadOnlySpan<byte> data);

    /// <summary>The peer's side is complete.</summary>
    internal abstract void OnRemoteEnd();

    /// <summary>Trailers came; <see cref="OnRemoteEnd"/> follows.</summary>
    internal abstract void OnTrailers(HeadView trailers);

    /// <summary>The stream was reset by the peer, or the connection is gone; it is no longer in the connection.</summary>
    internal abstract void OnLost(Http2Loss loss);

    /// <summary>Everything that waited went out.</summary>
    internal abstract void OnPendingSent();

    public abstract void Recycle();

    /// <summary>Puts the stream into a connection.</summary>
    internal void Attach(Http2Connection connection, int id, int sendWindow, int receiveWindow)
    {
        Connection = connection;
        Id = id;
        OpenedMs = Worker.Clock.NowMs;
        IsAttached = true;
        _state = default;
        _sendWindow = new FlowWindow(sendWindow);
        _receiveWindow = new ReceiveWindow(receiveWindow);
        _remoteLength = new Http2BodyLength(-1);
        Unreturned = 0;
        EndIsPending = IsStalled = false;
        LocalLeft = -1;
    }

    /// <summary>Takes the stream out of its connection and drops what waits.</summary>
    internal void Detach()
    {
        IsAttached = false;
        _pending.Clear(Worker.Buffers);
        _trailers.Clear(Worker.Buffers);
    }

    /// <summary>Forgets its connection, before it goes back to its pool.</summary>
    protected void Forget()
    {
        Connection = null!;
        Id = 0;
    }

    internal void Keep(ReadOnlySpan<byte> data) => _pending.Append(Worker.Buffers, data);

    internal void DropPending(int bytes) => _pending.Consume(Worker.Buffers, bytes);

    /// <summary>
    /// Keeps trailers, as <c>name: value CRLF</c> lines, until the body before them has gone out. It may look right to keep them encoded, but
    /// blocks must be encoded in the order in which they are sent.
    /// </summary>
    internal void KeepTrailers(ReadOnlySpan<byte> lines) => _trailers.Append(Worker.Buffers, lines);

    internal void DropTrailers() => _trailers.Clear(Worker.Buffers);
}
