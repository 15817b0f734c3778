using Weft.Wire.Http;

namespace Weft.Policy.Formatting;

/// <summary>
/// What a <see cref="HeaderFormat"/> may ask for. Whoever formats fills in what it has; what is left empty is written as nothing. Lives on the stack.
/// </summary>
public ref struct FormatInput
{
    /// <summary>The request.</summary>
    public RequestView Request;

    /// <summary>The headers of the response; empty while there is none.</summary>
    public HeadView Response;

    /// <summary>The client's address with port, after X-Forwarded-For was judged.</summary>
    public ReadOnlySpan<byte> DownstreamRemoteAddress;

    /// <summary>The address with port of the connection's other end.</summary>
    public ReadOnlySpan<byte> DownstreamDirectRemoteAddress;

    /// <summary>The address with port at which the request arrived.</summary>
    public ReadOnlySpan<byte> DownstreamLocalAddress;

    /// <summary>The URI names of the client's certificate.</summary>
    public ReadOnlySpan<byte> DownstreamPeerUriSan;

    /// <summary>For example <c>TLSv1.3</c>.</summary>
    public ReadOnlySpan<byte> DownstreamTlsVersion;

    /// <summary>The server name that the client asked for.</summary>
    public ReadOnlySpan<byte> RequestedServerName;

    /// <summary>The endpoint's address with port.</summary>
    public ReadOnlySpan<byte> UpstreamHost;

    /// <summary>The cluster's name.</summary>
    public ReadOnlySpan<byte> UpstreamCluster;

    /// <summary>The route's name.</summary>
    public ReadOnlySpan<byte> RouteName;

    /// <summary>The name of this machine.</summary>
    public ReadOnlySpan<byte> Hostname;

    /// <summary>The response flags in Envoy's short form.</summary>
    public ReadOnlySpan<byte> ResponseFlags;

    /// <summary>The response code details.</summary>
    public ReadOnlySpan<byte> ResponseCodeDetails;

    /// <summary>The response's status; 0 while there is none.</summary>
    public int ResponseCode;

    /// <summary>When the request began.</summary>
    public DateTimeOffset StartTime;
}
