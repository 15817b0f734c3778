using Weft.Proxy.Engine;
using Weft.Proxy.Interop;

namespace Weft.Proxy.Transport;

/// <summary>
/// A connection on one worker: reading through the worker's scratch, writing at once with only the rest buffered. Derived classes are
/// the codecs and the TCP proxy's two sides. The rules that hold everywhere:
/// <list type="bullet">
/// <item>A short read means drained, unless the peer has hung up; then reading goes on until the end shows.</item>
/// <item>What is written in one round goes out with one send at its end (<see cref="Worker.FlushBatch"/>).</item>
/// <item>A failed send is never reported from inside a write: it is noted and <see cref="OnScheduled"/> reports it, so no caller finds its
/// connection gone under its hands.</item>
/// </list>
/// </summary>
internal abstract unsafe partial class SocketConnection(Worker worker) : EpollTarget, IRecyclable
{
    /// <summary>Writes of at least this size are sent from where they are instead of being copied into the batch.</summary>
    private const int DirectSendBytes = 4096;
    private const int ReadsPerRound = 16;
    private ByteQueue _unsent;
    private ByteQueue _corked;
    private bool _isCorked;
    private bool _shutdownWhenSent;
    private long _received;
    private long _written;

    protected Worker Worker { get; } = worker;

    public bool IsOpen => Descriptor >= 0;

    /// <summary>True when the socket may hold bytes or an end that were not read yet.</summary>
    protected bool IsReadable { get; set; }

    /// <summary>True when the peer ended its side or the connection broke; what was sent before may still be unread.</summary>
    protected bool PeerHungUp { get; set; }

    /// <summary>Bytes that wait for the socket.</summary>
    protected int UnsentBytes => _unsent.Count + (_tls is { } tls ? tls.Pending.Length : 0);

    /// <summary>True after a send failed.</summary>
    protected bool SendFailed { get; private set; }

    /// <summary>
    /// True when what is written in a whole round of the worker goes out with one send: many streams share the connection, and what one of
    /// them writes is rarely the last of the round. At most a scratch's size waits.
    /// </summary>
    protected virtual bool Corks => false;

    /// <summary>False: leave bytes in the socket for now.</summary>
    protected abstract bool WantsRead { get; }

    /// <summary>Bytes came; the span is gone after the call.</summary>
    protected abstract void OnData(ReadOnlySpan<byte> data);

    /// <summary>The peer ended its side after all bytes were handed out.</summary>
    protected abstract void OnEnd();

    /// <summary>The connection broke: reset, failed send, TLS failure.</summary>
    protected abstract void OnBroken();

    /// <summary>The peer hung up while <see cref="WantsRead"/> is false.</summary>
    protected abstract void OnHangupWhilePaused();

    /// <summary>All unsent bytes went out.</summary>
    protected abstract void OnDrained();

    /// <summary>The process is shutting down.</summary>
    public abstract void OnDrain();

    /// <summary>The time to shut down in is up. Connections to clients end, with their records; those to upstreams end with what they serve.</summary>
    public virtual void OnDrainTimeout()
    {
    }

    /// <summary>Puts the object into its pool.</summary>
    public abstract void Recycle();

    /// <summary>
    /// Takes the bytes read and written since the last call, TLS's own not among them: after each read, and at the end, so that what is written is counted with
    /// the next thing that comes.
    /// </summary>
    protected virtual void CountBytes(long received, long written)
    {
    }

    /// <summary>Bytes that somebody else has read from the socket count as read here.</summary>
    protected void AddReceived(int bytes) => _received += bytes;

    /// <summary>Starts life on a registered or freshly made descriptor.</summary>
    protected void BeginTransport()
    {
        _received = _written = 0;
        IsReadable = PeerHungUp = SendFailed = _shutdownWhenSent = _awaitsRoom = false;
    }

    internal override void OnEvents(uint events)
    {
        if ((events & (Libc.EpollIn | Libc.EpollRdHup | Libc.EpollHup | Libc.EpollErr)) != 0)
        {
            IsReadable = true;
            _socketDrained = false;
        }

        if ((events & (Libc.EpollRdHup | Libc.EpollHup | Libc.EpollErr)) != 0) PeerHungUp = true;
        if ((events & Libc.EpollOut) != 0)
        {
            // What waited for the socket may have gone out behind a later write; who waits for that has yet to hear it.
            bool awaited = _awaitsRoom;
            _awaitsRoom = false;
            if (IsTls && (awaited || HasUnsent)) SendUnsentTls();
            else if (HasUnsent) SendUnsent();
        }

        if (IsReadable) Pump();
    }

    internal override void OnScheduled()
    {
        if (!IsOpen) return;
        if (SendFailed) OnBroken();
        else if (IsReadable) Pump();
    }

    /// <summary>Reads and hands out while there is something and somebody wants it.</summary>
    protected void Pump()
    {
        for (int round = 0; IsReadable && IsOpen; round++)
        {
            if (!WantsRead)
            {
                if (PeerHungUp) OnHangupWhilePaused();
                return;
            }

            if (round == ReadsPerRound)
            {
                Worker.Schedule(this);
                return;
            }

            switch (Receive(out ReadOnlySpan<byte> data))
            {
                case ReceiveStatus.Data:
                    _received += data.Length;
                    OnData(data);
                    Worker.FlushBatch();
                    TellBytes();
                    break;
                case ReceiveStatus.End:
                    OnEnd();
                    return;
                case ReceiveStatus.Broken:
                    OnBroken();
                    return;
                default:
                    return;
            }
        }
    }

    /// <summary>True when the socket has bytes that no event has told of yet.</summary>
    protected bool HasUnseenBytes()
    {
        if (Tunnel is { } tunnel) return tunnel.HasMore;
        byte one;
        return Libc.Receive(Descriptor, &one, 1, Libc.MsgDontWait | Libc.MsgPeek) > 0;
    }

    /// <summary>Goes on reading after a pause, at the end of this round.</summary>
    public void ResumeReading()
    {
        if (IsReadable && IsOpen) Worker.Schedule(this);
    }

    /// <summary>Room for a head to be written in place; <see cref="CommitWrite"/> says how much was. Throws nothing, but for more than the scratch's size.</summary>
    protected Span<byte> ReserveWrite(int bytes)
    {
        if (HasUnsent && !IsTls) return _unsent.Reserve(Worker.Buffers, bytes);
        if (Corks)
        {
            if (!_corked.IsEmpty && _corked.Count + bytes > Worker.ScratchBytes) Uncork();
            if (HasUnsent && !IsTls) return _unsent.Reserve(Worker.Buffers, bytes);
            Cork();
            return _corked.Reserve(Worker.Buffers, bytes);
        }

        Worker.ClaimBatch(this);
        if (Worker.ScratchBytes - Worker.BatchCount < bytes)
        {
            Worker.FlushBatch();
            Worker.ClaimBatch(this);
        }

        return new Span<byte>(Worker.WriteScratch + Worker.BatchCount, Worker.ScratchBytes - Worker.BatchCount);
    }

    protected void CommitWrite(int bytes)
    {
        _written += bytes;
        if (HasUnsent && !IsTls) _unsent.Commit(bytes);
        else if (Corks) _corked.Commit(bytes);
        else Worker.BatchCount += bytes;
    }

    /// <summary>Sends bytes: small ones with the batch, large ones from where they are.</summary>
    protected void Write(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty || SendFailed || !IsOpen) return;
        _written += data.Length;
        if (HasUnsent && !IsTls)
        {
            _unsent.Append(Worker.Buffers, data);
            return;
        }

        if (Corks)
        {
            WriteCorked(data);
            return;
        }

        Worker.ClaimBatch(this);
        if (data.Length < DirectSendBytes && data.Length <= Worker.ScratchBytes - Worker.BatchCount)
        {
            data.CopyTo(new Span<byte>(Worker.WriteScratch + Worker.BatchCount, data.Length));
            Worker.BatchCount += data.Length;
            return;
        }

        int batch = Worker.BatchCount;
        Worker.DropBatch(this);
        fixed (byte* bytes = data)
        {
            if (IsTls) SendTls(Worker.WriteScratch, batch, bytes, data.Length);
            else SendPlain(Worker.WriteScratch, batch, bytes, data.Length);
        }
    }

    /// <summary>Sends the batch; called by the worker only.</summary>
    internal void SendBatch(byte* bytes, int count)
    {
        if (!IsOpen || SendFailed) return;
        if (IsTls) SendTls(bytes, count, null, 0);
        else SendPlain(bytes, count, null, 0);
    }

    /// <summary>Sends what was written in this round; called by the worker at its end, and before whatever must come behind it.</summary>
    internal void Uncork()
    {
        _isCorked = false;
        if (_corked.IsEmpty) return;
        fixed (byte* bytes = _corked.Bytes) SendBatch(bytes, _corked.Count);
        _corked.Clear(Worker.Buffers);
    }

    private void Cork()
    {
        if (_isCorked) return;
        _isCorked = true;
        Worker.UncorkLater(this);
    }

    private void WriteCorked(ReadOnlySpan<byte> data)
    {
        if (data.Length < DirectSendBytes && _corked.Count + data.Length <= Worker.ScratchBytes)
        {
            Cork();
            _corked.Append(Worker.Buffers, data);
            return;
        }

        fixed (byte* first = _corked.Bytes, second = data)
        {
            if (IsTls) SendTls(first, _corked.Count, second, data.Length);
            else SendPlain(first, _corked.Count, second, data.Length);
        }

        _corked.Clear(Worker.Buffers);
    }

    /// <summary>Ends our side once everything is sent, so that the peer reads the end after the last byte.</summary>
    protected void ShutdownAfterSending()
    {
        Worker.FlushBatch();
        Uncork();
        if (!IsOpen) return;
        if (HasUnsent) _shutdownWhenSent = true;
        else EndOurSide();
    }

    /// <summary>Closes the descriptor and drops what is unsent. The object may be recycled at the end of the round.</summary>
    protected void CloseTransport(bool reset = false)
    {
        if (!IsOpen) return;
        TellBytes();
        Worker.DropBatch(this);
        if (!reset) Uncork();
        _corked.Clear(Worker.Buffers);
        CloseTls();
        if (reset && Tunnel is { } tunnel) tunnel.ResetsOnClose = true;
        else if (reset) Sockets.ResetOnClose(Descriptor);
        _unsent.Clear(Worker.Buffers);
        IsReadable = false;
        Worker.CloseDescriptor(this);
        Worker.RecycleLater(this);
    }

    /// <summary>Sends bytes in front of everything else, TLS included, on a connection that was just made: its socket has room for some hundred bytes. False when it broke.</summary>
    protected bool SendPreamble(ReadOnlySpan<byte> bytes)
    {
        if (Tunnel is { } tunnel) return tunnel.Send(bytes) == bytes.Length;
        fixed (byte* start = bytes) return Libc.Send(Descriptor, start, bytes.Length) == bytes.Length;
    }

    /// <summary>Receives from the socket, through TLS when there is any.</summary>
    private ReceiveStatus Receive(out ReadOnlySpan<byte> data) =>
        IsTls ? ReceiveTls(out data) : ReceivePlain(Worker.ReadScratch, out data);

    private ReceiveStatus ReceivePlain(byte* scratch, out ReadOnlySpan<byte> data)
    {
        data = default;
        if (Tunnel is not null) return ReceiveCarried(scratch, out data);
        while (true)
        {
            int count = Libc.Receive(Descriptor, scratch, Worker.ScratchBytes);
            if (count > 0)
            {
                if (count < Worker.ScratchBytes && !PeerHungUp) IsReadable = false;
                data = new ReadOnlySpan<byte>(scratch, count);
                return ReceiveStatus.Data;
            }

            if (count == 0)
            {
                IsReadable = false;
                return ReceiveStatus.End;
            }

            int error = *Libc.ErrnoLocation();
            if (error == Errno.EINTR) continue;
            IsReadable = false;
            return error == Errno.EAGAIN ? ReceiveStatus.Empty : ReceiveStatus.Broken;
        }
    }

    private void SendPlain(byte* first, int firstCount, byte* second, int secondCount)
    {
        if (HasUnsent)
        {
            _unsent.Append(Worker.Buffers, new ReadOnlySpan<byte>(first, firstCount));
            _unsent.Append(Worker.Buffers, new ReadOnlySpan<byte>(second, secondCount));
            return;
        }

        if (Tunnel is not null)
        {
            SendCarried(first, firstCount, second, secondCount);
            return;
        }

        int sent;
        while (true)
        {
            sent = secondCount == 0 ? Libc.Send(Descriptor, first, firstCount)
                : firstCount == 0 ? Libc.Send(Descriptor, second, secondCount)
                : Libc.Send(Descriptor, first, firstCount, second, secondCount);
            if (sent >= 0) break;
            int error = *Libc.ErrnoLocation();
            if (error == Errno.EINTR) continue;
            if (error != Errno.EAGAIN)
            {
                FailSend();
                return;
            }

            sent = 0;
            break;
        }

        if (sent >= firstCount + secondCount) return;
        if (sent < firstCount)
        {
            _unsent.Append(Worker.Buffers, new ReadOnlySpan<byte>(first + sent, firstCount - sent));
            sent = firstCount;
        }

        _unsent.Append(Worker.Buffers, new ReadOnlySpan<byte>(second + (sent - firstCount), secondCount - (sent - firstCount)));
    }

    private void TellBytes()
    {
        if ((_received | _written) == 0) return;
        CountBytes(_received, _written);
        _received = _written = 0;
    }

    private void FailSend()
    {
        SendFailed = true;
        _unsent.Clear(Worker.Buffers);
        Worker.Schedule(this);
    }

    private void SendUnsent()
    {
        while (HasUnsent)
        {
            ReadOnlySpan<byte> bytes = _unsent.Bytes;
            int sent;
            int error = 0;
            if (Tunnel is { } tunnel) error = (sent = tunnel.Send(bytes)) < 0 ? -sent : 0;
            else fixed (byte* start = bytes) error = (sent = Libc.Send(Descriptor, start, bytes.Length)) < 0 ? *Libc.ErrnoLocation() : 0;
            if (error != 0)
            {
                if (error == Errno.EINTR) continue;
                if (error != Errno.EAGAIN) FailSend();
                return;
            }

            _unsent.Consume(Worker.Buffers, sent);
        }

        if (_shutdownWhenSent) EndOurSide();
        else OnDrained();
    }

    private void EndOurSide()
    {
        _shutdownWhenSent = false;
        if (IsTls)
        {
            _tls!.Shutdown();
            SendPending();
        }

        if (Tunnel is { } tunnel) tunnel.EndOutput();
        else _ = Libc.Shutdown(Descriptor, Libc.ShutWrite);
    }
}
