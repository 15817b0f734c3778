using System.Runtime.InteropServices;
using Weft.Proxy.Clusters;
using Weft.Proxy.Http;
using Weft.Proxy.Http2;
using Weft.Proxy.Interop;
using Weft.Proxy.Listeners;
using Weft.Proxy.Overload;
using Weft.Proxy.Tcp;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tls;
using Weft.Proxy.Transport;

namespace Weft.Proxy.Engine;

/// <summary>
/// One thread with one epoll: its share of every listener, the connections that it accepted, their upstream pools, timers and
/// buffers. Nothing in it is shared, so nothing in it locks. A round of the loop is: wait; handle events; fire timers; run scheduled targets;
/// recycle what was closed.
/// </summary>
public sealed unsafe class Worker
{
    private const int EventCapacity = 256;
    private readonly Thread _thread;
    private readonly int _epoll;
    private readonly List<IRecyclable> _recycle = [];
    private readonly List<SocketConnection> _corked = [];
    private readonly Dictionary<ListenerState, ListenSocket> _listeners = [];
    private readonly List<EpollTarget?> _carried = [];
    private readonly Stack<int> _freeCarried = new();
    private EpollTarget?[] _targets = new EpollTarget?[1024];
    private uint[] _generations = new uint[1024];
    private EpollTarget? _scheduledFirst;
    private EpollTarget? _scheduledLast;
    private SocketConnection? _batchOwner;
    private volatile bool _stopping;

    internal Worker(int index, ProxyEngine engine, EngineOptions options)
    {
        Index = index;
        Engine = engine;
        Clock = new WorkerClock(options.TimeProvider);
        Timers = new TimerWheel(Clock.NowMs);
        Telemetry = options.Telemetry.CreateWorker();
        Observer = options.Observer;
        Overload = options.Overload;
        Random = new Random();
        ReadScratch = (byte*)NativeMemory.AlignedAlloc(ScratchBytes, 4096);
        WriteScratch = (byte*)NativeMemory.AlignedAlloc(ScratchBytes, 4096);
        CipherScratch = (byte*)NativeMemory.AlignedAlloc(ScratchBytes, 4096);
        _epoll = Libc.EpollCreate(0x80000);
        if (_epoll < 0) throw new InvalidOperationException("The kernel gave no epoll descriptor: too many open files in this process or system.");
        Mailbox = new WorkerMailbox(this);
        Register(Mailbox, Mailbox.Descriptor, Libc.EpollIn | Libc.EpollEdge);
        Clusters = new WorkerClusters(this);
        HttpServers = new ObjectPool<Http1ServerConnection>(() => new Http1ServerConnection(this));
        HttpClients = new ObjectPool<Http1ClientConnection>(() => new Http1ClientConnection(this));
        TcpUpstreams = new ObjectPool<TcpUpstreamConnection>(() => new TcpUpstreamConnection(this));
        Http2Servers = new ObjectPool<Http2ServerConnection>(() => new Http2ServerConnection(this));
        Http2ServerStreams = new ObjectPool<Http2ServerStream>(() => new Http2ServerStream(this));
        Http2Clients = new ObjectPool<Http2ClientConnection>(() => new Http2ClientConnection(this));
        Http2ClientStreams = new ObjectPool<Http2ClientStream>(() => new Http2ClientStream(this));
        Dials = new ObjectPool<UpstreamDial>(() => new UpstreamDial(this));
        Exchanges = new ObjectPool<HttpExchange>(() => new HttpExchange(this));
        Inspections = new ObjectPool<ConnectionInspection>(() => new ConnectionInspection(this));
        TcpServers = new ObjectPool<TcpServerConnection>(() => new TcpServerConnection(this));
        TcpClients = new ObjectPool<TcpClientConnection>(() => new TcpClientConnection(this));
        InboundTunnels = new ObjectPool<InboundTunnel>(() => new InboundTunnel(this));
        OutboundTunnels = new ObjectPool<OutboundTunnel>(() => new OutboundTunnel(this));
        _thread = new Thread(Run) { Name = $"weft-worker-{index}", IsBackground = false };
    }

    /// <summary>The first of the numbers that stand for a descriptor where a <see cref="Tunnel"/> carries the connection; the kernel's stay far below.</summary>
    private const int FirstCarried = 1 << 30;

    /// <summary>Size of each scratch buffer.</summary>
    internal const int ScratchBytes = 64 * 1024;

    /// <summary>0 for the first worker.</summary>
    public int Index { get; }

    /// <summary>How many connections clients have open on this worker; read by other threads for gauges.</summary>
    public int DownstreamConnections { get; internal set; }

    internal ProxyEngine Engine { get; }

    internal WorkerClock Clock { get; }

    internal TimerWheel Timers { get; }

    internal BufferPool Buffers { get; } = new();

    internal DateHeader Date { get; } = new();

    internal Random Random { get; }

    internal WorkerTelemetry Telemetry { get; }

    internal IExchangeObserver? Observer { get; }

    internal OverloadState Overload { get; }

    internal WorkerMailbox Mailbox { get; }

    internal WorkerClusters Clusters { get; }

    /// <summary>What new requests and connections see; swapped between two events.</summary>
    internal EngineSnapshot Snapshot { get; private set; } = EngineSnapshot.Empty;

    /// <summary>True once shutdown began: responses carry <c>Connection: close</c>.</summary>
    internal bool IsDraining { get; private set; }

    /// <summary>True when every response is the last of its connection.</summary>
    internal bool EndsKeepalive => IsDraining || Engine.EndsKeepalive;

    /// <summary>How long an idle connection of HTTP/1.1 may wait for its next request while draining.</summary>
    internal TimeSpan DrainIdleTimeout { get; private set; }

    /// <summary>For one receive; its content is gone with the next.</summary>
    internal byte* ReadScratch { get; }

    /// <summary>Holds the output of <see cref="_batchOwner"/>.</summary>
    internal byte* WriteScratch { get; }

    /// <summary>For ciphertext on its way in or out.</summary>
    internal byte* CipherScratch { get; }

    /// <summary>How many bytes of <see cref="WriteScratch"/> are filled.</summary>
    internal int BatchCount { get; set; }

    internal TlsSessionPool TlsSessions { get; } = new();

    internal ObjectPool<Http1ServerConnection> HttpServers { get; }

    internal ObjectPool<Http1ClientConnection> HttpClients { get; }

    internal ObjectPool<TcpUpstreamConnection> TcpUpstreams { get; }

    internal ObjectPool<Http2ServerConnection> Http2Servers { get; }

    internal ObjectPool<Http2ServerStream> Http2ServerStreams { get; }

    internal ObjectPool<Http2ClientConnection> Http2Clients { get; }

    internal ObjectPool<Http2ClientStream> Http2ClientStreams { get; }

    internal ObjectPool<UpstreamDial> Dials { get; }

    internal ObjectPool<HttpExchange> Exchanges { get; }

    internal ObjectPool<ConnectionInspection> Inspections { get; }

    internal ObjectPool<TcpServerConnection> TcpServers { get; }

    internal ObjectPool<TcpClientConnection> TcpClients { get; }

    internal ObjectPool<InboundTunnel> InboundTunnels { get; }

    internal ObjectPool<OutboundTunnel> OutboundTunnels { get; }

    /// <summary>Runs an action on the worker's thread; false when its mailbox is full. Any thread.</summary>
    public bool Post(Action<Worker> action) => Mailbox.Post(action);

    internal void Start() => _thread.Start();

    internal bool Join(TimeSpan timeout) => _thread.Join(timeout);

    /// <summary>Ends the loop after the current round. On the worker.</summary>
    internal void Stop() => _stopping = true;

    /// <summary>Registers a descriptor for edge-triggered events; false when the kernel refuses.</summary>
    internal bool Register(EpollTarget target, int descriptor, uint events = Libc.EpollIn | Libc.EpollOut | Libc.EpollRdHup | Libc.EpollEdge)
    {
        if (descriptor >= _targets.Length)
        {
            int size = Math.Max(descriptor + 1, _targets.Length * 2);
            Array.Resize(ref _targets, size);
            Array.Resize(ref _generations, size);
        }

        uint generation = ++_generations[descriptor];
        _targets[descriptor] = target;
        target.Descriptor = descriptor;
        target.Generation = generation;
        var change = new EpollEvent { Events = events, Data = ((ulong)generation << 32) | (uint)descriptor };
        return Libc.EpollControl(_epoll, Libc.EpollCtlAdd, descriptor, &change) == 0;
    }

    /// <summary>Gives a connection a tunnel in place of a descriptor.</summary>
    internal void Carry(EpollTarget target, Tunnel tunnel)
    {
        if (!_freeCarried.TryPop(out int slot))
        {
            slot = _carried.Count;
            _carried.Add(null);
        }

        _carried[slot] = target;
        target.Descriptor = FirstCarried + slot;
        target.Tunnel = tunnel;
        tunnel.Carried = target;
    }

    /// <summary>Hands a registered descriptor to another target without a system call.</summary>
    internal void Retarget(EpollTarget from, EpollTarget to)
    {
        int descriptor = from.Descriptor;
        to.Tunnel = from.Tunnel;
        from.Tunnel = null;
        if (to.Tunnel is { } tunnel)
        {
            tunnel.Carried = to;
            _carried[descriptor - FirstCarried] = to;
            to.Descriptor = descriptor;
            from.Descriptor = -1;
            return;
        }

        _targets[descriptor] = to;
        to.Descriptor = descriptor;
        to.Generation = from.Generation;
        from.Descriptor = -1;
    }

    /// <summary>Closes the target's descriptor; events of it that are still queued are dropped.</summary>
    internal void CloseDescriptor(EpollTarget target)
    {
        int descriptor = target.Descriptor;
        if (descriptor < 0) return;
        if (target.Tunnel is { } tunnel)
        {
            _carried[descriptor - FirstCarried] = null;
            _freeCarried.Push(descriptor - FirstCarried);
            target.Tunnel = null;
            target.Descriptor = -1;
            tunnel.Close();
            return;
        }

        _targets[descriptor] = null;
        _generations[descriptor]++;
        target.Descriptor = -1;
        _ = Libc.Close(descriptor);
    }

    /// <summary>Has <see cref="EpollTarget.OnScheduled"/> called at the end of this round. Scheduling twice is scheduling once.</summary>
    internal void Schedule(EpollTarget target)
    {
        if (target.IsScheduled) return;
        target.IsScheduled = true;
        target.NextScheduled = null;
        if (_scheduledLast is null) _scheduledFirst = target;
        else _scheduledLast.NextScheduled = target;
        _scheduledLast = target;
    }

    /// <summary>Recycles the object at the end of this round.</summary>
    internal void RecycleLater(IRecyclable item) => _recycle.Add(item);

    /// <summary>Makes the connection the owner of the write scratch; sends what another one left in it.</summary>
    internal void ClaimBatch(SocketConnection owner)
    {
        if (ReferenceEquals(_batchOwner, owner)) return;
        FlushBatch();
        _batchOwner = owner;
    }

    /// <summary>Sends what the owner of the write scratch put there.</summary>
    internal void FlushBatch()
    {
        if (_batchOwner is not { } owner) return;
        _batchOwner = null;
        int count = BatchCount;
        BatchCount = 0;
        if (count > 0) owner.SendBatch(WriteScratch, count);
    }

    /// <summary>Forgets the batch of a connection that was closed.</summary>
    internal void DropBatch(SocketConnection owner)
    {
        if (!ReferenceEquals(_batchOwner, owner)) return;
        _batchOwner = null;
        BatchCount = 0;
    }

    /// <summary>Takes a new snapshot: opens and closes listeners; clusters follow when they are next used. On the worker.</summary>
    internal void Apply(EngineSnapshot snapshot)
    {
        if (snapshot.Version < Snapshot.Version) return;
        bool listenersChanged = !ReferenceEquals(snapshot.Listeners, Snapshot.Listeners) && !snapshot.HasSameListeners(Snapshot);
        Snapshot = snapshot;
        foreach ((ListenerState state, ListenSocket socket) in _listeners)
        {
            if (snapshot.FindBound(state) is not null) continue;
            socket.Close();
            _listeners.Remove(state);
        }

        foreach (ListenerRuntime listener in snapshot.Bound)
        {
            if (_listeners.TryGetValue(listener.State, out ListenSocket? socket))
                socket.Use(listener);
            else if (!IsDraining && !Engine.HoldsListeners)
                _listeners[listener.State] = ListenSocket.Open(this, listener);
        }

        Clusters.Sweep(snapshot);
        if (listenersChanged) RetireConnections();
    }

    /// <summary>Connections of a listener that was changed or removed end after their next response, so that clients come back to the new one.</summary>
    private void RetireConnections()
    {
        foreach (EpollTarget? target in _targets) Retire(target);
        foreach (EpollTarget? target in _carried.ToArray()) Retire(target);
    }

    private void Retire(EpollTarget? target)
    {
        if (target is IDownstreamConnection connection && !Snapshot.HasModel(connection.Facts.Listener)) connection.Retire();
    }

    /// <summary>
    /// Stops accepting; open exchanges finish, and connections close after their response. A client of HTTP/1.1 may be asking just now, so an idle
    /// connection waits for one more request for <paramref name="idle"/>. On the worker.
    /// </summary>
    internal void Drain(TimeSpan idle)
    {
        IsDraining = true;
        DrainIdleTimeout = idle;
        foreach (ListenSocket socket in _listeners.Values) socket.Close();
        _listeners.Clear();
        foreach (EpollTarget? target in _targets)
        {
            if (target is SocketConnection connection) connection.OnDrain();
        }

        foreach (EpollTarget? target in _carried.ToArray())
        {
            if (target is SocketConnection connection) connection.OnDrain();
        }
    }

    /// <summary>The time to drain is up: what is still open ends, with its record. On the worker.</summary>
    internal void EndConnections()
    {
        // What a tunnel carries first, so that it ends by itself and not because its tunnel broke.
        foreach (EpollTarget? target in _carried.ToArray())
        {
            if (target is SocketConnection connection) connection.OnDrainTimeout();
        }

        foreach (EpollTarget? target in _targets)
        {
            if (target is SocketConnection connection) connection.OnDrainTimeout();
        }

        FlushBatch();
    }

    /// <summary>Lets go of buffers that wait for their next use. On the worker.</summary>
    internal void Trim() => Buffers.Trim();

    /// <summary>Adds copies of the listening sockets with the names of their listeners; the caller owns them. On the worker.</summary>
    internal void CopyListenSockets(List<(string Listener, int Descriptor)> copies)
    {
        foreach (ListenSocket socket in _listeners.Values) socket.CopyTo(copies);
    }

    /// <summary>Has the kernel report no more events of the target.</summary>
    internal void Unregister(EpollTarget target)
    {
        EpollEvent none = default;
        _ = Libc.EpollControl(_epoll, Libc.EpollCtlDelete, target.Descriptor, &none);
    }

    private void Run()
    {
        // Whatever else this process does at the time, decoding configuration above all, a request need not wait for it.
        SchedulerSlice.TryShorten();
        EpollEvent* events = (EpollEvent*)NativeMemory.Alloc((nuint)(EventCapacity * sizeof(EpollEvent)));
        while (!_stopping)
        {
            int timeout = _scheduledFirst is not null ? 0 : Timers.TimeoutMs(Clock.NowMs);
            int count = Libc.EpollWait(_epoll, events, EventCapacity, timeout);
            Clock.Update();
            for (int i = 0; i < count; i++)
            {
                ulong data = events[i].Data;
                int descriptor = (int)(uint)data;
                if (_targets[descriptor] is not { } target || target.Generation != (uint)(data >> 32)) continue;
                target.OnEvents(events[i].Events);
                FlushBatch();
            }

            Timers.Advance(Clock.NowMs);
            FlushBatch();
            RunScheduled();
            if (_corked.Count > 0) UncorkAll();
            if (_recycle.Count > 0) RecycleAll();
        }

        foreach (EpollTarget? target in _targets)
        {
            if (target is not null and not WorkerMailbox) CloseDescriptor(target);
        }

        Mailbox.Close();
        _ = Libc.Close(_epoll);
        NativeMemory.Free(events);
        NativeMemory.AlignedFree(ReadScratch);
        NativeMemory.AlignedFree(WriteScratch);
        NativeMemory.AlignedFree(CipherScratch);
    }

    private void RunScheduled()
    {
        // What is scheduled while this runs waits for the next round, so that sockets get their turn in between.
        EpollTarget? target = _scheduledFirst;
        _scheduledFirst = _scheduledLast = null;
        while (target is not null)
        {
            EpollTarget? next = target.NextScheduled;
            target.NextScheduled = null;
            target.IsScheduled = false;
            target.OnScheduled();
            FlushBatch();
            target = next;
        }
    }

    /// <summary>Has the connection send what it kept back, at the end of the round.</summary>
    internal void UncorkLater(SocketConnection connection) => _corked.Add(connection);

    private void UncorkAll()
    {
        for (int i = 0; i < _corked.Count; i++) _corked[i].Uncork();
        _corked.Clear();
    }

    private void RecycleAll()
    {
        foreach (IRecyclable item in _recycle) item.Recycle();
        _recycle.Clear();
    }
}
