using System.Text;
using Weft.Proxy.Engine;
using Weft.Proxy.Interop;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Wire.ProxyProtocol;
using Weft.Wire.Sniffing;
using Weft.Wire.Tls;
using Timer = Weft.Proxy.Engine.Timer;

namespace Weft.Proxy.Listeners;

/// <summary>
/// The time between accepting a connection and handing it to its filter chain. The listener filters run here: restore the original
/// destination, find the listener that serves it, read SNI and ALPN, tell HTTP from other protocols. Bytes that were read go along with
/// the connection. At most 16 KiB are looked at; what cannot be told by then is another protocol. A client that stays silent until the time is up
/// probably waits for its server to speak first: when the server does, the destination is remembered (<see cref="ServerFirstDestinations"/>) and the next
/// clients are not waited for; when the client speaks after all, it is looked at then (<see cref="Resume"/>).
/// </summary>
internal sealed unsafe class ConnectionInspection : EpollTarget, ITimerOwner, IRecyclable
{
    private const int MaxSniffedBytes = 16 * 1024;

    /// <summary>Set in the numbers of connections that a tunnel carries, which are counted apart from those of sockets.</summary>
    private const ulong TunnelMark = 1UL << 63;
    private static ulong s_tunnels;

    /// <summary>How long clients of a server that speaks first are waited for where others may speak TLS to the same address, as under PERMISSIVE mutual TLS.</summary>
    private const long BriefMs = 100;
    private readonly Worker _worker;
    private readonly Timer _timer;
    private ListenerRuntime _listener = null!;
    private ByteQueue _input;
    private bool _wantsProxyHeader;
    private bool _isBrief;
    private bool _isCounted;

    public ConnectionInspection(Worker worker)
    {
        _worker = worker;
        _timer = new Timer(this, 0);
    }

    public ConnectionFacts Facts { get; } = new();

    /// <summary>Takes an accepted descriptor.</summary>
    public void Begin(ListenerRuntime listener, int descriptor, NetworkAddress peer, NetworkAddress local, ulong id)
    {
        _listener = listener;
        Facts.Reset();
        Facts.Peer = peer;
        Facts.Local = local;
        Facts.Id = id;
        Facts.EnteredProcess = true;
        CountIn();
        if (!_worker.Register(this, descriptor))
        {
            _ = Libc.Close(descriptor);
            Close();
            return;
        }

        if (listener.Model.UseOriginalDestination || listener.Model.Sniffing.HasFlag(ListenerSniffing.OriginalDestination)) RestoreDestination(descriptor);
        RunFilters();
    }

    /// <summary>Takes what a tunnel carries, with the client and its identity from the connection that brought the CONNECT.</summary>
    public void Begin(ListenerRuntime listener, ConnectionFacts outer, NetworkAddress destination)
    {
        _listener = listener;
        Facts.Reset();
        Facts.Peer = outer.Peer;
        Facts.Certificate = outer.Certificate;
        Facts.PeerHandle = outer.PeerHandle;
        Facts.Tls = outer.Tls;
        Facts.ClientChainPem = outer.ClientChainPem;
        Facts.Local = destination;
        Facts.LocalRestored = true;
        Facts.Id = TunnelMark | Interlocked.Increment(ref s_tunnels);
        CountIn();
        RunFilters();
    }

    /// <summary>Takes back a connection whose client spoke, and not as was assumed, before anything was passed on.</summary>
    public void Resume(EpollTarget from, ConnectionFacts facts, ListenerRuntime listener, ReadOnlySpan<byte> data)
    {
        _listener = listener;
        Facts.Reset();
        facts.CopyTo(Facts);
        Facts.SilentKey = 0;
        _wantsProxyHeader = _isBrief = false;
        _input.Append(_worker.Buffers, data);
        _worker.Retarget(from, this);
        Facts.Stats!.Add(ListenerStat.DetectedLate);
        CountPending(true);
        if (Inspect())
        {
            HandOver();
            return;
        }

        ArmLimit();
        // What came since is no news to epoll.
        OnEvents(Libc.EpollIn);
    }

    public void OnTimer(Timer timer)
    {
        if (Descriptor < 0) return;
        if (_isBrief)
        {
            Facts.Stats!.Add(ListenerStat.ServerFirstNotAwaited);
            HandOver();
            return;
        }

        Facts.Stats!.Add(ListenerStat.DownstreamPreCxTimeout);
        if (!_listener.Model.ContinueOnListenerFiltersTimeout)
        {
            Close();
            return;
        }

        if (_input.IsEmpty && !_wantsProxyHeader) Facts.SilentKey = SilentKey();
        HandOver();
    }

    public void Recycle()
    {
        _listener = null!;
        _input.Clear(_worker.Buffers);
        _worker.Inspections.Return(this);
    }

    internal override void OnEvents(uint events)
    {
        if ((events & (Libc.EpollIn | Libc.EpollRdHup | Libc.EpollHup | Libc.EpollErr)) == 0) return;
        while (Descriptor >= 0)
        {
            int count = Tunnel is { } tunnel ? tunnel.Receive(_worker.ReadScratch, MaxSniffedBytes) : Libc.Receive(Descriptor, _worker.ReadScratch, MaxSniffedBytes);
            if (count > 0)
            {
                _input.Append(_worker.Buffers, new ReadOnlySpan<byte>(_worker.ReadScratch, count));
                if (Facts.SilentKey != 0) Speak();
                if (Inspect()) HandOver();
                continue;
            }

            int error = count == 0 ? 0 : Tunnel is null ? *Libc.ErrnoLocation() : -count;
            if (error == Errno.EINTR) continue;
            if (error == Errno.EAGAIN) return;
            Facts.Stats!.Add(ListenerStat.DownstreamListenerFilterRemoteClose);
            Close();
        }
    }

    internal override void OnScheduled()
    {
    }

    private void CountIn()
    {
        Facts.Entered = _listener.State;
        Facts.StartNs = _worker.Clock.NowNs;
        Facts.StartWallNs = _worker.Clock.WallNs;
        Facts.Stats = _worker.Telemetry.ListenerStats.Get(_listener.Model.Name);
        Facts.Stats.Add(ListenerStat.DownstreamCxTotal);
        Facts.Stats.Add(ListenerStat.DownstreamCxActive);
        CountPending(true);
    }

    /// <summary>Counts the connection among those that have no filter chain yet, or no longer.</summary>
    private void CountPending(bool isPending)
    {
        if (isPending == _isCounted) return;
        _isCounted = isPending;
        Facts.Stats!.Add(ListenerStat.DownstreamPreCxActive, isPending ? 1 : -1);
    }

    private void RunFilters()
    {
        Facts.Listener = _listener.Model;
        _wantsProxyHeader = _listener.Model.Sniffing.HasFlag(ListenerSniffing.ProxyProtocol);
        if (!Inspects)
        {
            HandOver();
            return;
        }
        AwaitClient();
    }

    /// <summary>The client of a server that is known to speak first spoke first itself.</summary>
    private void Speak()
    {
        _worker.Engine.ServerFirst.Forget(Facts.SilentKey);
        Facts.SilentKey = 0;
        if (!_isBrief) return;
        _isBrief = false;
        ArmLimit();
    }

    /// <summary>Waits for the client's first bytes: for the configured time, or hardly at all where the server is known to speak first.</summary>
    private void AwaitClient()
    {
        _isBrief = false;
        ServerFirstDestinations known = _worker.Engine.ServerFirst;
        bool mayBeKnown = !known.IsEmpty && !_wantsProxyHeader && _listener.Model.ContinueOnListenerFiltersTimeout;
        long key = mayBeKnown ? SilentKey() : 0;
        if (!mayBeKnown || !known.IsKnown(key, _worker.Clock.NowMs))
        {
            ArmLimit();
            return;
        }

        Facts.SilentKey = key;
        if (_listener.EndsTls)
        {
            _isBrief = true;
            _worker.Timers.Arm(_timer, _worker.Clock.NowMs, BriefMs);
            return;
        }

        // What the client has sent already is looked at all the same.
        OnEvents(Libc.EpollIn);
        if (Descriptor < 0) return;
        if (!_input.IsEmpty)
        {
            ArmLimit();
            return;
        }

        Facts.Stats!.Add(ListenerStat.ServerFirstNotAwaited);
        HandOver();
    }

    private void ArmLimit()
    {
        TimeSpan limit = _listener.Model.ListenerFiltersTimeout;
        if (limit > TimeSpan.Zero) _worker.Timers.Arm(_timer, _worker.Clock.NowMs, (long)limit.TotalMilliseconds);
    }

    private long SilentKey() => ServerFirstDestinations.Key(_listener.Model.Name, Facts.Local, _listener.EndsTls ? Facts.Peer : default);

    private void RestoreDestination(int descriptor)
    {
        NetworkAddress original = Sockets.OriginalDestination(descriptor, Facts.Peer.IsV4);
        // Without netfilter's redirection the socket's own address is where the client wanted to go.
        if (!original.IsNone && original != Facts.Local)
        {
            Facts.Local = original;
            Facts.LocalRestored = true;
        }

        if (_listener.Model.UseOriginalDestination && _worker.Snapshot.FindByDestination(Facts.Local) is { } child) _listener = child;
    }

    private bool Inspects => (_listener.Model.Sniffing & (ListenerSniffing.Tls | ListenerSniffing.Http | ListenerSniffing.ProxyProtocol)) != 0;

    /// <summary>Takes the PROXY header off the front; false when more is needed or the connection was closed for want of a good one.</summary>
    private bool TakeProxyHeader()
    {
        switch (ProxyHeaderReader.Read(_input.Bytes, out ProxyHeader header, out int consumed))
        {
            case ProxyHeaderStatus.NeedMore when _input.Count < ProxyHeaderReader.MaxBytes:
                return false;
            case ProxyHeaderStatus.Complete:
                break;
            default:
                Facts.Stats!.Add(ListenerStat.DownstreamListenerFilterError);
                Close();
                return false;
        }

        _wantsProxyHeader = false;
        _input.Consume(_worker.Buffers, consumed);
        if (header.IsLocal) return true;
        Facts.Peer = AddressOf(header.Source);
        Facts.Local = AddressOf(header.Destination);
        Facts.LocalRestored = true;
        return true;
    }

    private static NetworkAddress AddressOf(in ProxyEndpoint endpoint)
    {
        Span<byte> bytes = stackalloc byte[16];
        return endpoint.WriteAddress(bytes) == 4
            ? NetworkAddress.FromV4(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes), endpoint.Port)
            : NetworkAddress.FromV6(bytes, endpoint.Port);
    }

    private void ReportUnmatched()
    {
        var record = new ConnectionRecord
        {
            Flags = ResponseFlags.NoRouteFound,
            TerminationDetails = "filter_chain_not_found"u8,
            StartUnixMicroseconds = Facts.StartWallNs / 1000,
            DurationMicroseconds = (_worker.Clock.NowNs - Facts.StartNs) / 1000,
            DownstreamLocal = Facts.Local,
            DownstreamRemote = Facts.Peer,
            RequestedServerName = Facts.ServerName.Length > 0 ? Facts.ServerName : null,
        };
        _listener.UnmatchedOf(_worker).Close(in record);
        _worker.Observer?.OnConnection(in record);
    }

    private void ReportUnready(string problem)
    {
        Facts.Stats!.Add(ListenerStat.SslConnectionError);
        ConnectionRecord record = FailedHandshake.Record(_worker, Facts, ResponseFlags.DownstreamProtocolError, "downstream_tls_failure{no_certificate_here}"u8, problem);
        _listener.UnmatchedOf(_worker).Log(in record);
        _worker.Observer?.OnConnection(in record);
    }

    /// <summary>True when enough is known.</summary>
    private bool Inspect()
    {
        if (_wantsProxyHeader && !TakeProxyHeader()) return false;
        if ((_listener.Model.Sniffing & (ListenerSniffing.Tls | ListenerSniffing.Http)) == 0) return true;
        if (_input.IsEmpty) return false;
        ReadOnlySpan<byte> input = _input.Bytes;
        ListenerSniffing filters = _listener.Model.Sniffing;
        bool full = input.Length >= MaxSniffedBytes;
        switch (ProtocolSniffer.Sniff(input, (filters & ListenerSniffing.Tls) != 0, (filters & ListenerSniffing.Http) != 0))
        {
            case SniffedProtocol.NeedMore:
                return full;
            case SniffedProtocol.Tls:
                return InspectHello(input) || full;
            case SniffedProtocol.Http1:
                Facts.ApplicationProtocol = "http/1.1";
                return true;
            case SniffedProtocol.Http2:
                Facts.ApplicationProtocol = "h2c";
                return true;
            default:
                return true;
        }
    }

    private bool InspectHello(ReadOnlySpan<byte> input)
    {
        var scratch = new Span<byte>(_worker.CipherScratch, ClientHelloReader.MaxBytes);
        switch (ClientHelloReader.Read(input, scratch, out ClientHello hello))
        {
            case ClientHelloStatus.NeedMore:
                return false;
            case ClientHelloStatus.Complete:
                Facts.IsTls = true;
                Facts.ServerName = Encoding.ASCII.GetString(hello.ServerName).ToLowerInvariant();
                Facts.ApplicationProtocol = AlpnText(hello.AlpnList);
                return true;
            default:
                return true;
        }
    }

    private static string AlpnText(ReadOnlySpan<byte> list)
    {
        var text = new StringBuilder();
        while (ClientHello.NextProtocol(ref list, out ReadOnlySpan<byte> name))
        {
            if (text.Length > 0) text.Append(',');
            text.Append(Encoding.ASCII.GetString(name));
        }

        return text.ToString();
    }

    private void HandOver()
    {
        TimerWheel.Disarm(_timer);
        CountPending(false);
        FilterChainRuntime? chain = _listener.Matcher.Find(Facts);
        if (chain is null || chain.Tls is { Context: null })
        {
            if (chain is null) ReportUnmatched();
            else ReportUnready(chain.Tls!.Problem);
            Close();
            return;
        }

        bool inspected = Inspects;
        if (chain.Http is not null) _worker.HttpServers.Rent().Begin(this, chain, _input.Bytes, inspected);
        else _worker.TcpServers.Rent().Begin(this, chain, _input.Bytes, inspected);
        _worker.RecycleLater(this);
    }

    private void Close()
    {
        TimerWheel.Disarm(_timer);
        CountPending(false);
        Facts.Leave(_worker);
        _worker.CloseDescriptor(this);
        _worker.RecycleLater(this);
    }
}
