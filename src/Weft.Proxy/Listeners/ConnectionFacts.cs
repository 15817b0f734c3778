using Weft.Proxy.Clusters;
using Weft.Proxy.Engine;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Listeners;

/// <summary>
/// What is known of a client's connection: addresses, what it was sniffed to be, its TLS facts. One object for each connection, reused
/// with it, read by filters and telemetry on the same worker.
/// </summary>
public sealed class ConnectionFacts
{
    /// <summary>The socket's peer.</summary>
    public NetworkAddress Peer { get; internal set; }

    /// <summary>Where the client connected to; after original-destination restoration what it dialled.</summary>
    public NetworkAddress Local { get; internal set; }

    /// <summary>True when <see cref="Local"/> was restored from netfilter or taken from a PROXY header.</summary>
    public bool LocalRestored { get; internal set; }

    /// <summary>SNI in lower case, or empty.</summary>
    public string ServerName { get; internal set; } = "";

    /// <summary>ALPN or the sniffed HTTP version, or empty.</summary>
    public string ApplicationProtocol { get; internal set; } = "";

    /// <summary>True when the connection is TLS on the wire, whether or not it is ended here.</summary>
    public bool IsTls { get; internal set; }

    /// <summary>What the client's certificate says; null without TLS or without a certificate.</summary>
    public TlsPeer? Certificate { get; internal set; }

    /// <summary>The client as telemetry labels it.</summary>
    public PeerHandle PeerHandle { get; internal set; }

    /// <summary>TLS facts for access logs; null on plaintext.</summary>
    public DownstreamTlsFacts? Tls { get; internal set; }

    /// <summary>True when TLS is ended here.</summary>
    public bool IsTlsEnded { get; internal set; }

    /// <summary>The client's certificate and its intermediates as PEM text, where somebody passes them on; else empty.</summary>
    internal string ClientChainPem { get; set; } = "";

    /// <summary>This connection's element of X-Forwarded-Client-Cert, made when first needed.</summary>
    internal byte[]? ClientCertElement { get; set; }

    /// <summary>When the connection was accepted, on the worker's clock.</summary>
    internal long StartNs { get; set; }

    /// <summary>When the connection was accepted, nanoseconds since 1970.</summary>
    internal long StartWallNs { get; set; }

    /// <summary>The listener whose socket took the connection; it counts it until <see cref="Leave"/>.</summary>
    internal ListenerState? Entered { get; set; }

    /// <summary>True while it counts against the process's bound; what a tunnel carries does not, for its tunnel's connection does.</summary>
    internal bool EnteredProcess { get; set; }

    internal StatBlock<ListenerStat>? Stats { get; set; }

    /// <summary>A number that no other connection of this process has.</summary>
    public ulong Id { get; internal set; }

    /// <summary>The listener that serves the connection.</summary>
    public ListenerModel? Listener { get; internal set; }

    /// <summary>Set when the client said nothing before its chain was chosen: the destination's key in <see cref="ServerFirstDestinations"/>. 0 otherwise.</summary>
    internal long SilentKey { get; set; }

    /// <summary>Upstream connections that speak for this one in a PROXY header; they end with it. Null where nobody asks for the header.</summary>
    internal List<PoolPair>? OwnPools { get; set; }

    internal void CopyTo(ConnectionFacts target)
    {
        target.Peer = Peer;
        target.Local = Local;
        target.LocalRestored = LocalRestored;
        target.ServerName = ServerName;
        target.ApplicationProtocol = ApplicationProtocol;
        target.IsTls = IsTls;
        target.Certificate = Certificate;
        target.PeerHandle = PeerHandle;
        target.Tls = Tls;
        target.Id = Id;
        target.Listener = Listener;
        target.StartNs = StartNs;
        target.StartWallNs = StartWallNs;
        target.SilentKey = SilentKey;
        target.Entered = Entered;
        target.EnteredProcess = EnteredProcess;
        target.Stats = Stats;
    }

    /// <summary>Takes everything from another connection object, which no longer counts as a connection of the listener.</summary>
    internal void TakeOver(ConnectionFacts from)
    {
        from.CopyTo(this);
        IsTlsEnded = from.IsTlsEnded;
        ClientChainPem = from.ClientChainPem;
        OwnPools = from.OwnPools;
        from.OwnPools = null;
        from.Entered = null;
        from.EnteredProcess = false;
        from.Reset();
    }

    /// <summary>Takes note of what the handshake showed.</summary>
    internal void LearnTls(Worker worker, TlsSession session)
    {
        IsTls = IsTlsEnded = true;
        if (ServerName.Length == 0) ServerName = session.ServerName?.ToLowerInvariant() ?? "";
        Certificate = session.Peer;
        PeerHandle = worker.Telemetry.Peer(Certificate?.SpiffeId ?? "");
        Tls = new DownstreamTlsFacts(
            session.Version == TlsVersion.Tls13 ? "TLSv1.3" : "TLSv1.2",
            session.CipherSuite,
            Certificate is { } peer ? string.Join(',', peer.Names.Uris) : "",
            string.Join(',', session.LocalUris),
            Certificate?.Subject ?? "");
        Stats?.Add(ListenerStat.SslHandshake);
        if (session.IsResumed) Stats?.Add(ListenerStat.SslSessionReused);
        if (Certificate is null) Stats?.Add(ListenerStat.SslNoCertificate);
        if (Stats is { } stats) FailedHandshake.CountStaple(stats, session.Staple);
    }

    /// <summary>The connection is over: its listener counts it no longer.</summary>
    internal void Leave(Worker worker)
    {
        Entered?.Leave();
        Entered = null;
        worker.DownstreamConnections--;
        if (EnteredProcess) worker.Overload.Leave();
        EnteredProcess = false;
        Stats?.Add(ListenerStat.DownstreamCxActive, -1);
        Stats?.Add(ListenerStat.DownstreamCxDestroy);
        if (OwnPools is not { } own) return;
        OwnPools = null;
        foreach (PoolPair pools in own) pools.Retire();
    }

    internal void Reset()
    {
        Peer = Local = default;
        LocalRestored = IsTls = IsTlsEnded = EnteredProcess = false;
        ServerName = ApplicationProtocol = "";
        SilentKey = 0;
        Listener = null;
        Certificate = null;
        ClientCertElement = null;
        ClientChainPem = "";
        PeerHandle = default;
        Tls = null;
    }
}
