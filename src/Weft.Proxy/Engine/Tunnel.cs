using Weft.Proxy.Http;
using Weft.Proxy.Interop;
using Weft.Proxy.Model;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Engine;

/// <summary>
/// What carries a connection that has no socket of its own: the exchange of a CONNECT, whose bytes are the connection's. It looks to the connection
/// like a socket of which the kernel's part is done here: <see cref="Receive"/> and <see cref="Send"/> answer as system calls do, and events are told
/// at the end of a round, never from inside a call, so that nobody finds the worker's scratch overwritten. What has come and was not taken is bounded
/// by the window of the stream behind it; one write waits there at most, behind which <see cref="Send"/> takes nothing.
/// <code>
/// END_STREAM came       Receive gives 0 behind the last byte       EndOutput   END_STREAM goes out behind the last byte
/// the stream is reset   Receive gives ECONNRESET                   Close(reset) the stream is reset
/// </code>
/// </summary>
internal abstract unsafe class Tunnel(Worker worker) : EpollTarget, IRecyclable
{
    /// <summary>While more than this waits for the carried connection, the stream gets no more room.</summary>
    private const int BlockedBytes = 64 * 1024;
    private ByteQueue _received;
    private uint _events;
    private int _error;
    private bool _inputEnded;
    private bool _endTaken;
    private bool _wasBlocked;

    /// <summary>The connection that is carried; null when it is closed, or not there yet.</summary>
    public EpollTarget? Carried { get; internal set; }

    /// <summary>True: closing resets the stream, so that what was cut off is not mistaken for a whole message.</summary>
    public bool ResetsOnClose { get; set; }

    /// <summary>The certificate at the other end, if it showed one.</summary>
    public virtual TlsPeer? Peer => null;

    /// <summary>Our address of the connection underneath.</summary>
    public virtual NetworkAddress LocalAddress => default;

    /// <summary>Why there is no connection: an error number, and perhaps a sentence.</summary>
    public virtual (int Error, string Detail) Failure => (_error, "");

    protected Worker Worker { get; } = worker;

    /// <summary>The CONNECT; null once it is over.</summary>
    protected HttpExchange? Exchange { get; set; }

    /// <summary>True while so much waits for the carried connection that no more should come.</summary>
    public bool IsBlocked => _received.Count > BlockedBytes;

    protected bool HasInputEnded => _inputEnded;

    /// <summary>True once our side has ended.</summary>
    protected bool HasOutputEnded { get; private set; }

    /// <summary>True when another receive would give something at once.</summary>
    public bool HasMore => !_received.IsEmpty || (_inputEnded && !_endTaken) || _error != 0;

    /// <summary>The carried connection takes bytes: their count, 0 at the end, or minus the error number.</summary>
    public int Receive(byte* room, int bytes)
    {
        if (_error != 0 && (!_inputEnded || _endTaken)) return -_error;
        if (_received.IsEmpty)
        {
            if (!_inputEnded) return -Errno.EAGAIN;
            _endTaken = true;
            return 0;
        }

        int count = Math.Min(bytes, _received.Count);
        _received.Bytes[..count].CopyTo(new Span<byte>(room, bytes));
        _received.Consume(Worker.Buffers, count);
        if (_wasBlocked && !IsBlocked)
        {
            _wasBlocked = false;
            ResumeSource();
        }

        return count;
    }

    /// <summary>The carried connection sends bytes: all of them are taken, or none, which minus EAGAIN says; another negative number is an error.</summary>
    public int Send(ReadOnlySpan<byte> bytes)
    {
        if (_error != 0) return -_error;
        if (Exchange is null || HasOutputEnded) return -Errno.EPIPE;
        if (IsSinkBlocked) return -Errno.EAGAIN;
        Pass(bytes);
        return bytes.Length;
    }

    /// <summary>The carried connection ends its side.</summary>
    public void EndOutput()
    {
        if (HasOutputEnded) return;
        HasOutputEnded = true;
        if (Exchange is not null && _error == 0) PassEnd();
    }

    /// <summary>The carried connection is closed.</summary>
    public void Close()
    {
        Carried = null;
        bool reset = ResetsOnClose;
        _received.Clear(Worker.Buffers);
        if (Exchange is null)
        {
            Worker.RecycleLater(this);
            return;
        }

        if (reset) PassReset();
        else PassClose();
    }

    public virtual void Recycle()
    {
        _received.Clear(Worker.Buffers);
        Exchange = null;
        Carried = null;
    }

    internal override void OnEvents(uint events)
    {
        // It has no descriptor of its own.
    }

    internal override void OnScheduled()
    {
        if (_events == 0 || Carried is not { } carried) return;
        uint events = _events;
        _events = 0;
        carried.OnEvents(events);
    }

    /// <summary>Begins anew, with nothing received.</summary>
    protected void Begin(HttpExchange? exchange = null)
    {
        Exchange = exchange;
        _received.Clear(Worker.Buffers);
        _events = 0;
        _error = 0;
        _inputEnded = _endTaken = _wasBlocked = HasOutputEnded = ResetsOnClose = false;
        Carried = null;
    }

    /// <summary>Bytes came for the carried connection.</summary>
    protected void Take(ReadOnlySpan<byte> data)
    {
        if (Carried is null || data.IsEmpty) return;
        _received.Append(Worker.Buffers, data);
        _wasBlocked |= IsBlocked;
        Signal(Libc.EpollIn);
    }

    /// <summary>No more bytes will come.</summary>
    protected void TakeEnd()
    {
        if (_inputEnded) return;
        _inputEnded = true;
        Signal(Libc.EpollIn | Libc.EpollRdHup);
    }

    /// <summary>The other side broke. What came before its end is still to be had; without an end it is cut off.</summary>
    protected void Break(int error)
    {
        if (_error != 0) return;
        _error = error;
        if (!_inputEnded) _received.Clear(Worker.Buffers);
        Signal(Libc.EpollIn | Libc.EpollRdHup | Libc.EpollErr);
    }

    /// <summary>Tells the carried connection at the end of the round.</summary>
    protected void Signal(uint events)
    {
        _events |= events;
        if (Carried is not null) Worker.Schedule(this);
    }

    /// <summary>The exchange let go of this object.</summary>
    protected void Detach()
    {
        if (Exchange is null) return;
        Exchange = null;
        if (Carried is null)
        {
            Worker.RecycleLater(this);
            return;
        }

        // Both sides have ended in order: there is nothing that could break.
        if (_inputEnded && HasOutputEnded) return;
        Break(Errno.ECONNRESET);
    }

    /// <summary>True while what was sent before waits.</summary>
    protected abstract bool IsSinkBlocked { get; }

    /// <summary>Passes the carried connection's bytes to the exchange.</summary>
    protected abstract void Pass(ReadOnlySpan<byte> bytes);

    /// <summary>Passes the end of the carried connection's side on.</summary>
    protected abstract void PassEnd();

    /// <summary>The carried connection is closed: what it sent goes out with its end, and nothing more is taken.</summary>
    protected abstract void PassClose();

    /// <summary>The carried connection is cut off.</summary>
    protected abstract void PassReset();

    /// <summary>The carried connection took what held the stream back.</summary>
    protected abstract void ResumeSource();
}
