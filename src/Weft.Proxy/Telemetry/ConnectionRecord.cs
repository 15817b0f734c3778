using Weft.Proxy.Model;

namespace Weft.Proxy.Telemetry;

/// <summary>
/// One TCP connection through the proxy (not HTTP), or a connection that ended before any terminal took it. Made on the stack of the
/// worker for <see cref="TcpTelemetry"/>; see <see cref="ExchangeRecord"/> for the rules.
/// </summary>
public ref struct ConnectionRecord
{
    /// <summary>Why it ended as it did.</summary>
    public ResponseFlags Flags;

    /// <summary>Why the connection was ended; mostly empty.</summary>
    public ReadOnlySpan<byte> TerminationDetails;

    /// <summary>What went wrong in the client's transport; mostly null.</summary>
    public string? DownstreamFailure;

    /// <summary>What went wrong in the upstream's transport; mostly empty.</summary>
    public ReadOnlySpan<byte> UpstreamFailure;

    /// <summary>Bytes from the client, all of them.</summary>
    public long ReceivedBytes;

    /// <summary>Bytes to the client, all of them.</summary>
    public long SentBytes;

    /// <summary>When the connection was accepted, since 1970.</summary>
    public long StartUnixMicroseconds;

    /// <summary>From accept to the end.</summary>
    public long DurationMicroseconds;

    public NetworkAddress DownstreamLocal;
    public NetworkAddress DownstreamRemote;

    /// <summary>The peer proved itself with a certificate.</summary>
    public bool DownstreamMutualTls;

    public PeerHandle DownstreamPeer;
    public string? RequestedServerName;
    public DownstreamTlsFacts? DownstreamTls;

    /// <summary>The cluster; null when none was chosen.</summary>
    public ClusterTelemetry? Cluster;

    public PeerHandle UpstreamPeer;
    public NetworkAddress UpstreamRemote;
    public NetworkAddress UpstreamLocal;
}
