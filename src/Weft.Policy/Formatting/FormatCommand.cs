namespace Weft.Policy.Formatting;

/// <summary>The <c>%COMMANDS%</c> that header values may contain; names as in Envoy, without underscores.</summary>
internal enum FormatCommand : byte
{
    Literal,
    Request,
    Response,
    DownstreamRemoteAddress,
    DownstreamRemoteAddressWithoutPort,
    DownstreamRemotePort,
    DownstreamDirectRemoteAddress,
    DownstreamDirectRemoteAddressWithoutPort,
    DownstreamLocalAddress,
    DownstreamLocalAddressWithoutPort,
    DownstreamLocalPort,
    DownstreamPeerUriSan,
    DownstreamTlsVersion,
    RequestedServerName,
    UpstreamHost,
    UpstreamCluster,
    RouteName,
    Protocol,
    StartTime,
    Hostname,
    ResponseCode,
    ResponseFlags,
    ResponseCodeDetails,
}
