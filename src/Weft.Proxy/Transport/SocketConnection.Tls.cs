using Weft.Proxy.Engine;
using Weft.Proxy.Interop;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Transport;

/// <summary>The TLS half: a <see cref="TlsSession"/> between the socket and the codec. Plain connections pay one null check per call.</summary>
internal abstract unsafe partial class SocketConnection
{
    private TlsSession? _tls;
    private bool _socketDrained;
    private bool _handshaking;

    /// <summary>The socket was full: an event will tell when it takes bytes again, and somebody may wait for that.</summary>
    private bool _awaitsRoom;

    /// <summary>The TLS session, or null on plaintext.</summary>
    protected TlsSession? Tls => _tls;

    protected bool IsTls => _tls is not null;

    /// <summary>True until the TLS handshake is done; false on plaintext.</summary>
    protected bool IsHandshaking => _handshaking;

    /// <summary>True while bytes wait for the socket: whoever produces them must stop.</summary>
    public bool HasUnsent => !_unsent.IsEmpty || (_tls is { } tls && !tls.Pending.IsEmpty);

    /// <summary>The TLS handshake succeeded; ALPN and the peer's certificate are known.</summary>
    protected abstract void OnHandshakeDone();

    /// <summary>Puts TLS between the socket and the codec. For a client the first flight goes out at once.</summary>
    protected void BeginTls(TlsSession session)
    {
        _tls = session;
        _handshaking = true;
        _socketDrained = false;
    }

    /// <summary>Hands ciphertext that was read before TLS began (by sniffing) to the session.</summary>
    protected void FeedTls(ReadOnlySpan<byte> ciphertext)
    {
        _tls!.Feed(ciphertext);
        IsReadable = true;
    }

    /// <summary>Steps the handshake with what was received. False when it failed.</summary>
    protected bool StepHandshake()
    {
        TlsHandshakeStatus status = _tls!.Handshake();
        SendPending();
        if (status == TlsHandshakeStatus.Failed) return false;
        if (status != TlsHandshakeStatus.Done) return true;
        _handshaking = false;
        OnHandshakeDone();
        if (IsOpen && !_unsent.IsEmpty) SendUnsentTls();
        return true;
    }

    /// <summary>
    /// Gives the socket and its TLS session to another connection object on the same worker: the protocol turned out to be another one. Nothing
    /// may be waiting to be sent. This object is recycled.
    /// </summary>
    protected void HandOver(SocketConnection to)
    {
        Worker.FlushBatch();
        TellBytes();
        Worker.Retarget(this, to);
        to.BeginTransport();
        to._tls = _tls;
        to._handshaking = false;
        to._socketDrained = _socketDrained;
        to.IsReadable = IsReadable || _tls is not null;
        to.PeerHungUp = PeerHungUp;
        _tls = null;
        _handshaking = IsReadable = false;
        Worker.RecycleLater(this);
        Worker.Schedule(to);
    }

    private void CloseTls()
    {
        if (_tls is not { } tls) return;
        if (!_handshaking)
        {
            tls.Shutdown();
            if (!SendFailed) SendPending();
        }

        _tls = null;
        _handshaking = false;
        tls.Dispose();
    }

    /// <summary>
    /// Receives, and sends what that made this side owe: handshake flights, an alert, the answer to a KeyUpdate. Whoever sees bytes wait stops producing more until the socket took
    /// them (<see cref="OnDrained"/>), so nothing may be left waiting that no full socket holds back.
    /// </summary>
    private ReceiveStatus ReceiveTls(out ReadOnlySpan<byte> data)
    {
        ReceiveStatus status = ReadTls(out data);
        if (!_awaitsRoom && !SendFailed && _tls is not null) SendPending();
        return status;
    }

    private ReceiveStatus ReadTls(out ReadOnlySpan<byte> data)
    {
        data = default;
        TlsSession tls = _tls!;
        int filled = 0;
        while (true)
        {
            if (_handshaking)
            {
                if (!StepHandshake()) return ReceiveStatus.Broken;
                if (!IsOpen) return ReceiveStatus.Empty;
            }

            if (!_handshaking)
            {
                var room = new Span<byte>(Worker.ReadScratch + filled, Worker.ScratchBytes - filled);
                switch (tls.Read(room, out int count))
                {
                    case TlsReadStatus.Data:
                        filled += count;
                        if (Worker.ScratchBytes - filled >= 16 * 1024 && tls.MayHaveMore) continue;
                        if (_socketDrained && !tls.MayHaveMore) IsReadable = false;
                        data = new ReadOnlySpan<byte>(Worker.ReadScratch, filled);
                        return ReceiveStatus.Data;
                    case TlsReadStatus.Closed when filled == 0:
                        IsReadable = false;
                        return ReceiveStatus.End;
                    case TlsReadStatus.Truncated or TlsReadStatus.Failed when filled == 0:
                        IsReadable = false;
                        return ReceiveStatus.Broken;
                    case TlsReadStatus.WantIo:
                        break;
                    default:
                        data = new ReadOnlySpan<byte>(Worker.ReadScratch, filled);
                        return ReceiveStatus.Data;
                }
            }

            if (filled > 0)
            {
                if (_socketDrained) IsReadable = false;
                data = new ReadOnlySpan<byte>(Worker.ReadScratch, filled);
                return ReceiveStatus.Data;
            }

            ReceiveStatus status = ReceiveStatus.Empty;
            if (!_socketDrained)
            {
                status = ReceivePlain(Worker.CipherScratch, out ReadOnlySpan<byte> cipher);
                if (status == ReceiveStatus.Data) FeedReceived(cipher);
            }

            switch (status)
            {
                case ReceiveStatus.Data:
                    continue;
                case ReceiveStatus.End:
                    tls.EndInput();
                    _socketDrained = true;
                    continue;
                case ReceiveStatus.Empty:
                    IsReadable = false;
                    return ReceiveStatus.Empty;
                default:
                    return status;
            }
        }
    }

    private void FeedReceived(ReadOnlySpan<byte> cipher)
    {
        _tls!.Feed(cipher);
        // The plain receive clears the mark after a short read: for TLS it means that the socket, not the session, is drained.
        _socketDrained = !IsReadable;
        IsReadable = true;
    }

    private void SendTls(byte* first, int firstCount, byte* second, int secondCount)
    {
        WriteTls(new ReadOnlySpan<byte>(first, firstCount));
        WriteTls(new ReadOnlySpan<byte>(second, secondCount));
        SendPending();
    }

    private void WriteTls(ReadOnlySpan<byte> plain)
    {
        if (plain.IsEmpty) return;
        int taken = 0;
        if (_unsent.IsEmpty && !_handshaking && _tls!.Write(plain, out taken) == TlsWriteStatus.Failed)
        {
            FailSend();
            return;
        }

        _unsent.Append(Worker.Buffers, plain[taken..]);
    }

    private void SendUnsentTls()
    {
        while (true)
        {
            SendPending();
            if (SendFailed || !_tls!.Pending.IsEmpty) return;
            if (_unsent.IsEmpty || _handshaking) break;
            TlsWriteStatus status = _tls.Write(_unsent.Bytes, out int taken);
            if (status == TlsWriteStatus.Failed)
            {
                FailSend();
                return;
            }

            _unsent.Consume(Worker.Buffers, taken);
        }

        if (_handshaking) return;
        if (_shutdownWhenSent) EndOurSide();
        else OnDrained();
    }

    private void SendPending()
    {
        TlsSession tls = _tls!;
        while (true)
        {
            ReadOnlySpan<byte> pending = tls.Pending;
            if (pending.IsEmpty) return;
            int sent, error = 0;
            if (Tunnel is { } tunnel) error = (sent = tunnel.Send(pending)) < 0 ? -sent : 0;
            else fixed (byte* start = pending) error = (sent = Libc.Send(Descriptor, start, pending.Length)) < 0 ? *Libc.ErrnoLocation() : 0;
            if (error != 0)
            {
                if (error == Errno.EINTR) continue;
                if (error == Errno.EAGAIN) _awaitsRoom = true;
                else FailSend();
                return;
            }

            tls.ConsumePending(sent);
        }
    }
}
