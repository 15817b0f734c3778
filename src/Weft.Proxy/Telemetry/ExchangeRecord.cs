using Weft.Proxy.Model;
using Weft.Wire.Http;

namespace Weft.Proxy.Telemetry;

/// <summary>
/// One finished HTTP exchange as the worker saw it. Made on the stack of the worker and handed to
/// <see cref="HttpTelemetry.Record"/>; its spans mean nothing after that call. What is not known stays at its default, except
/// where a comment says otherwise. Times are microseconds.
/// </summary>
public ref struct ExchangeRecord
{
    /// <summary>A record with the "unknown" values that are not zero.</summary>
    public ExchangeRecord()
    {
    }

    /// <summary>The request's head as received; empty when no head could be read (a protocol error).</summary>
    public ReadOnlySpan<byte> RequestBytes;

    /// <summary>Ranges into <see cref="RequestBytes"/>.</summary>
    public RequestHead Request;

    /// <summary>The request's header fields.</summary>
    public ReadOnlySpan<HeaderField> RequestFields;

    /// <summary>The request id as sent upstream, made or kept.</summary>
    public ReadOnlySpan<byte> RequestId;

    /// <summary>X-Forwarded-For as sent upstream.</summary>
    public ReadOnlySpan<byte> ForwardedFor;

    /// <summary>What was removed from and added to <see cref="RequestFields"/> on the way upstream.</summary>
    public HeaderEdits? RequestEdits;

    /// <summary>The headers of the response as it was sent, those that an access log asks for.</summary>
    public ReadOnlySpan<byte> ResponseBytes;

    /// <summary>Header fields in <see cref="ResponseBytes"/>.</summary>
    public ReadOnlySpan<HeaderField> ResponseFields;

    /// <summary>The trailers of the response that an access log asks for.</summary>
    public ReadOnlySpan<byte> TrailerBytes;

    /// <summary>Fields in <see cref="TrailerBytes"/>.</summary>
    public ReadOnlySpan<HeaderField> TrailerFields;

    /// <summary>The status sent to the client, 0 when none was sent.</summary>
    public int Status;

    /// <summary>Why it ended as it did.</summary>
    public ResponseFlags Flags;

    /// <summary>Response code details, for example <c>via_upstream</c> or <c>route_not_found</c>.</summary>
    public ReadOnlySpan<byte> Details;

    /// <summary>Why the connection was ended, for example an RBAC denial; mostly empty.</summary>
    public ReadOnlySpan<byte> TerminationDetails;

    /// <summary>What went wrong in the upstream's transport, for example a TLS error; mostly empty.</summary>
    public ReadOnlySpan<byte> UpstreamFailure;

    /// <summary>The request's content type is <c>application/grpc</c>.</summary>
    public bool IsGrpc;

    /// <summary><c>grpc-status</c> of the response or its trailers; −1 when there was none.</summary>
    public int GrpcStatus = -1;

    /// <summary>Messages of a gRPC request that were passed on.</summary>
    public long RequestMessages;

    /// <summary>Messages of a gRPC response.</summary>
    public long ResponseMessages;

    /// <summary>Body bytes received from the client.</summary>
    public long RequestBodyBytes;

    /// <summary>Body bytes sent to the client.</summary>
    public long ResponseBodyBytes;

    /// <summary>When the request's first byte arrived, since 1970.</summary>
    public long StartUnixMicroseconds;

    /// <summary>From the request's first byte to the response's last.</summary>
    public long DurationMicroseconds;

    /// <summary>From the request's first to its last byte; −1 when it never ended.</summary>
    public long RequestMicroseconds = -1;

    /// <summary>From the request's first byte to the first byte of the upstream's response; −1 without one.</summary>
    public long ResponseMicroseconds = -1;

    /// <summary>What <c>x-envoy-upstream-service-time</c> says; −1 without an upstream response.</summary>
    public long UpstreamServiceMilliseconds = -1;

    /// <summary>How often the request was tried upstream.</summary>
    public int Attempts;

    /// <summary>The address that the client connected to.</summary>
    public NetworkAddress DownstreamLocal;

    /// <summary>The client: the trusted hop of X-Forwarded-For, or else the peer.</summary>
    public NetworkAddress DownstreamRemote;

    /// <summary>The peer of the socket.</summary>
    public NetworkAddress DownstreamDirectRemote;

    /// <summary>The peer proved itself with a certificate.</summary>
    public bool DownstreamMutualTls;

    /// <summary>Who the peer is; keep what <c>WorkerTelemetry.Peer</c> returned with the connection.</summary>
    public PeerHandle DownstreamPeer;

    /// <summary>Server name of the ClientHello; null when there was none.</summary>
    public string? RequestedServerName;

    /// <summary>TLS facts of the client's connection for the log, null on plaintext.</summary>
    public DownstreamTlsFacts? DownstreamTls;

    /// <summary>The cluster that routing chose; null when none was.</summary>
    public ClusterTelemetry? Cluster;

    /// <summary>The endpoint's workload; keep what <c>WorkerTelemetry.Peer</c> returned with the upstream connection.</summary>
    public PeerHandle UpstreamPeer;

    /// <summary>The endpoint's address.</summary>
    public NetworkAddress UpstreamRemote;

    /// <summary>The proxy's own address towards the endpoint.</summary>
    public NetworkAddress UpstreamLocal;

    /// <summary>The route's name; empty when it has none.</summary>
    public string? RouteName;
}
