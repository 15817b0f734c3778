using Weft.Proxy.Engine;
using Weft.Proxy.Interop;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Timer = Weft.Proxy.Engine.Timer;

namespace Weft.Proxy.Listeners;

/// <summary>
/// One worker's listening socket. Accepts a bounded number of connections per event; when descriptors run out (see <see cref="DescriptorLimit"/>)
/// it stops accepting for 100 ms at a time instead of spinning, and connections wait in the kernel's queue; so does it while the process is overloaded
/// (<see cref="OverloadAction.StopAcceptingConnections"/>).
/// </summary>
internal sealed unsafe class ListenSocket : EpollTarget, ITimerOwner
{
    private const int AcceptsPerRound = 64;
    private const int PauseMs = 100;
    private static ulong s_connections;
    private readonly Worker _worker;
    private readonly Timer _pause;
    private int _lastAccepted;

    private ListenSocket(Worker worker, ListenerRuntime listener)
    {
        _worker = worker;
        Listener = listener;
        _pause = new Timer(this, 0);
    }

    /// <summary>The newest configuration of this listener; new connections get it.</summary>
    public ListenerRuntime Listener { get; private set; }

    /// <summary>A further socket of this worker at the same listener; null mostly.</summary>
    private ListenSocket? Sibling { get; set; }

    /// <summary>Claims the worker's sockets of the listener and registers them.</summary>
    public static ListenSocket Open(Worker worker, ListenerRuntime listener)
    {
        var socket = new ListenSocket(worker, listener);
        int descriptor = listener.State.Claim(worker.Index);
        if (descriptor < 0) return socket;
        worker.Register(socket, descriptor, Libc.EpollIn | Libc.EpollEdge);
        for (ListenSocket last = socket; listener.State.Claim(worker.Index) is var next and >= 0; last = last.Sibling)
        {
            last.Sibling = new ListenSocket(worker, listener);
            worker.Register(last.Sibling, next, Libc.EpollIn | Libc.EpollEdge);
        }

        return socket;
    }

    /// <summary>New connections get another configuration.</summary>
    public void Use(ListenerRuntime listener)
    {
        for (ListenSocket? socket = this; socket is not null; socket = socket.Sibling) socket.Listener = listener;
    }

    /// <summary>Adds copies of the sockets, which are the caller's, for another process to take over.</summary>
    public void CopyTo(List<(string Listener, int Descriptor)> copies)
    {
        for (ListenSocket? socket = this; socket is not null; socket = socket.Sibling)
        {
            if (socket.Descriptor >= 0 && Libc.DuplicateCloseOnExec(socket.Descriptor) is var copy and >= 0) copies.Add((Listener.Model.Name, copy));
        }
    }

    /// <summary>Takes what waits in the kernel's queues, then closes the sockets.</summary>
    public void Close()
    {
        for (ListenSocket? socket = this; socket is not null; socket = socket.Sibling) socket.CloseOne();
    }

    private void CloseOne()
    {
        TimerWheel.Disarm(_pause);
        if (Descriptor < 0) return;
        while (AcceptOne())
        {
        }

        // Another process may have the same socket, and then closing it here does not end its events here.
        _worker.Unregister(this);
        _worker.CloseDescriptor(this);
    }

    public void OnTimer(Timer timer) => AcceptRound();

    internal override void OnEvents(uint events) => AcceptRound();

    internal override void OnScheduled() => AcceptRound();

    private void AcceptRound()
    {
        if (_pause.IsArmed || Descriptor < 0) return;
        if (_worker.Overload.IsSaturated(OverloadAction.StopAcceptingConnections))
        {
            _worker.Timers.Arm(_pause, _worker.Clock.NowMs, PauseMs);
            return;
        }

        for (int i = 0; i < AcceptsPerRound; i++)
        {
            if (!AcceptOne()) return;
        }

        _worker.Schedule(this);
    }

    private bool AcceptOne()
    {
        if (_lastAccepted >= DescriptorLimit.ForClients - DescriptorLimit.NearlyFull && !DescriptorLimit.HasRoom(Descriptor))
        {
            Pause();
            return false;
        }

        SocketAddress peer = default;
        uint length = SocketAddress.MaximumBytes;
        int descriptor = Libc.Accept(Descriptor, &peer, &length, Libc.SockNonBlock | Libc.SockCloseOnExec);
        if (descriptor < 0)
        {
            int error = *Libc.ErrnoLocation();
            if (error is Errno.EMFILE or Errno.ENFILE or Errno.ENOBUFS or Errno.ENOMEM) Pause();
            return error is Errno.EINTR or Errno.ECONNABORTED or Errno.EPROTO;
        }

        _lastAccepted = descriptor;
        if (!Enters())
        {
            _ = Libc.Close(descriptor);
            return true;
        }

        _ = Libc.SetOption(descriptor, Libc.IpProtoTcp, Libc.TcpNoDelay, 1);
        _worker.DownstreamConnections++;
        ConnectionInspection inspection = _worker.Inspections.Rent();
        NetworkAddress local = Listener.State.Bound.IsAny || Listener.Model.UseOriginalDestination
            ? Sockets.LocalAddress(descriptor)
            : Listener.State.Bound;
        inspection.Begin(Listener, descriptor, peer.ToNetworkAddress(), local, Interlocked.Increment(ref s_connections));
        return true;
    }

    /// <summary>Whether one more connection may be; counts it, or why not.</summary>
    private bool Enters()
    {
        if (_worker.Overload.Strikes(OverloadAction.RejectIncomingConnections, _worker.Random)) return Refuse(ListenerStat.DownstreamCxOverloadReject);
        if (!Listener.State.TryEnter(Listener.Model.ConnectionLimit)) return Refuse(ListenerStat.DownstreamCxOverflow);
        if (_worker.Overload.TryEnter()) return true;
        Listener.State.Leave();
        return Refuse(ListenerStat.DownstreamGlobalCxOverflow);
    }

    private bool Refuse(ListenerStat why)
    {
        _worker.Telemetry.ListenerStats.Get(Listener.Model.Name).Add(why);
        return false;
    }

    private void Pause()
    {
        _worker.Timers.Arm(_pause, _worker.Clock.NowMs, PauseMs);
        if (Listener.State.MayComplain(_worker.Clock.NowMs))
        {
            _worker.Engine.Options.Log(
                $"Listener '{Listener.Model.Name}' lets new connections wait: the process has nearly all of its {DescriptorLimit.Total} descriptors in use. Raise `ulimit -n`, or lower its connection limit.");
        }
    }
}
