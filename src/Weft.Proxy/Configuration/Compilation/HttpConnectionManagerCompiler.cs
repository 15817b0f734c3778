using Envoy.Config.Core.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Weft.Proxy.Model;
using Weft.Xds;

namespace Weft.Proxy.Configuration.Compilation;

/// <summary>The HTTP connection manager filter.</summary>
internal static class HttpConnectionManagerCompiler
{
    private const string UuidRequestId = XdsTypeUrls.Prefix + "envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig";

    public static HttpConnectionManagerModel Compile(HttpConnectionManager manager, string version, CompileScope scope)
    {
        RefuseUnsupported(manager, scope);
        var common = manager.CommonHttpProtocolOptions ?? new HttpProtocolOptions();
        var http1 = manager.HttpProtocolOptions ?? new Http1ProtocolOptions();
        var (routeName, inline) = Routes(manager, version, scope);
        return new HttpConnectionManagerModel
        {
            StatPrefix = manager.StatPrefix,
            AccessLogs = AccessLogCompiler.Compile(manager.AccessLog, scope),
            Codec = Codec(manager.CodecType, scope),
            // Whoever takes the connection's own address for the client's has strangers in front of it.
            Http2 = Http2OptionsCompiler.Compile(manager.Http2ProtocolOptions, scope, isEdge: manager.UseRemoteAddress == true),
            RouteConfigName = routeName,
            InlineRoutes = inline,
            Filters = HttpFilterCompiler.Compile(manager.HttpFilters, scope),
            UseRemoteAddress = manager.UseRemoteAddress == true,
            XffTrustedHops = scope.Count(manager.XffNumTrustedHops, "xff_num_trusted_hops", 0, 0, 1_000),
            SkipXffAppend = manager.SkipXffAppend,
            ServerName = manager.ServerName.Length > 0 ? manager.ServerName : "envoy",
            ServerHeader = (ServerHeaderMode)manager.ServerHeaderTransformation,
            ForwardClientCert = (ForwardClientCertMode)manager.ForwardClientCertDetails,
            ClientCertDetails = Details(manager.SetCurrentClientCertDetails),
            GenerateRequestId = manager.GenerateRequestId != false,
            PreserveExternalRequestId = manager.PreserveExternalRequestId,
            AlwaysSetRequestIdInResponse = manager.AlwaysSetRequestIdInResponse,
            UpgradeTypes = Upgrades(manager, scope),
            RequestTimeout = scope.Duration(manager.RequestTimeout, "request_timeout", TimeSpan.Zero),
            RequestHeadersTimeout = scope.Duration(manager.RequestHeadersTimeout, "request_headers_timeout", TimeSpan.Zero),
            StreamIdleTimeout = scope.Duration(manager.StreamIdleTimeout, "stream_idle_timeout", TimeSpan.FromMinutes(5)),
            IdleTimeout = scope.Duration(common.IdleTimeout, "idle_timeout", TimeSpan.FromHours(1)),
            MaxConnectionDuration = scope.Duration(common.MaxConnectionDuration, "max_connection_duration", TimeSpan.Zero),
            MaxStreamDuration = scope.Duration(common.MaxStreamDuration, "max_stream_duration", TimeSpan.Zero),
            DelayedCloseTimeout = scope.Duration(manager.DelayedCloseTimeout, "delayed_close_timeout", TimeSpan.FromSeconds(1)),
            DrainTimeout = scope.Duration(manager.DrainTimeout, "drain_timeout", TimeSpan.FromSeconds(5)),
            MaxRequestHeadersBytes = scope.Count(manager.MaxRequestHeadersKb, "max_request_headers_kb", 60, 1, 8_192) * 1024,
            MaxRequestHeadersCount = scope.Count(common.MaxHeadersCount, "max_headers_count", 100, 1),
            MaxRequestsPerConnection = scope.Count(common.MaxRequestsPerConnection, "max_requests_per_connection", 0),
            NormalizePath = manager.NormalizePath == true,
            MergeSlashes = manager.MergeSlashes,
            EscapedSlashes = Escaped(manager.PathWithEscapedSlashesAction),
            UnderscoreHeaders = (UnderscoreHeadersAction)common.HeadersWithUnderscoresAction,
            AcceptHttp10 = http1.AcceptHttp10,
            DefaultHostForHttp10 = http1.DefaultHostForHttp10,
            StripPort = manager.StripAnyHostPort ? StripPortMode.StripAny : manager.StripMatchingHostPort ? StripPortMode.StripMatching : StripPortMode.Keep,
            StripTrailingHostDot = manager.StripTrailingHostDot,
            EnableTrailers = http1.EnableTrailers,
            Via = manager.Via,
            AppendLocalOverload = manager.AppendLocalOverload,
        };
    }

    private static void RefuseUnsupported(HttpConnectionManager manager, CompileScope scope)
    {
        scope.Refuse(manager.AddUserAgent == true, "add_user_agent");
        scope.Refuse(manager.Tracing is not null, "tracing");
        scope.Refuse(manager.Http1SafeMaxConnectionDuration, "http1_safe_max_connection_duration");
        scope.Refuse(manager.Http3ProtocolOptions is not null, "http3_protocol_options");
        scope.Refuse(manager.StreamFlushTimeout is not null, "stream_flush_timeout");
        scope.Refuse(manager.OriginalIpDetectionExtensions.Count > 0, "original_ip_detection_extensions");
        scope.Refuse(manager.InternalAddressConfig is not null, "internal_address_config");
        scope.Refuse(manager.Proxy100Continue, "proxy_100_continue");
        scope.Refuse(manager.RepresentIpv4RemoteAddressAsIpv4MappedIpv6, "represent_ipv4_remote_address_as_ipv4_mapped_ipv6");
        scope.Refuse(manager.LocalReplyConfig is not null, "local_reply_config");
        scope.Refuse(manager.StreamErrorOnInvalidHttpMessage == true, "stream_error_on_invalid_http_message");
        scope.Refuse(manager.PathNormalizationOptions is not null, "path_normalization_options");
        scope.Refuse(manager.AppendXForwardedPort, "append_x_forwarded_port");
        scope.Refuse(manager.AddProxyProtocolConnectionState == true, "add_proxy_protocol_connection_state");
        scope.Field("common_http_protocol_options").Refuse(manager.CommonHttpProtocolOptions?.MaxResponseHeadersKb is not null, "max_response_headers_kb");
        if (manager.RequestIdExtension?.TypedConfig is { } requestId && requestId.TypeUrl != UuidRequestId)
        {
            scope.Field("request_id_extension").RefuseType("request_id_extension", requestId);
        }

        if (manager.HttpProtocolOptions is { } http1)
        {
            var at = scope.Field("http_protocol_options");
            at.Refuse(http1.AllowAbsoluteUrl == false, "allow_absolute_url");
            at.Refuse(http1.HeaderKeyFormat is not null, "header_key_format");
            at.Refuse(http1.AllowChunkedLength, "allow_chunked_length");
            at.Refuse(http1.OverrideStreamErrorOnInvalidHttpMessage == true, "override_stream_error_on_invalid_http_message");
            at.Refuse(http1.SendFullyQualifiedUrl, "send_fully_qualified_url");
        }
    }

    private static (string? Name, RouteTableModel? Inline) Routes(HttpConnectionManager manager, string version, CompileScope scope)
    {
        switch (manager.RouteSpecifierCase)
        {
            case HttpConnectionManager.RouteSpecifierOneofCase.Rds:
                var rds = scope.Field("rds");
                if (manager.Rds.ConfigSource?.ConfigSourceSpecifierCase != ConfigSource.ConfigSourceSpecifierOneofCase.Ads)
                {
                    rds.Field("config_source").Error("routes come over the aggregated stream only: set `ads: {}`.");
                }

                if (manager.Rds.RouteConfigName.Length == 0)
                {
                    rds.Field("route_config_name").Error("it is empty.");
                }

                return (manager.Rds.RouteConfigName, null);
            case HttpConnectionManager.RouteSpecifierOneofCase.RouteConfig:
                return (null, RouteCompiler.Compile(manager.RouteConfig, version, scope.Field("route_config")));
            case HttpConnectionManager.RouteSpecifierOneofCase.ScopedRoutes:
                scope.Refuse(true, "scoped_routes");
                return (null, null);
            default:
                scope.Error("it has no routes: set `route_config` or `rds`.");
                return (null, null);
        }
    }

    private static HttpCodecType Codec(HttpConnectionManager.Types.CodecType codec, CompileScope scope)
    {
        switch (codec)
        {
            case HttpConnectionManager.Types.CodecType.Auto:
                return HttpCodecType.Auto;
            case HttpConnectionManager.Types.CodecType.Http1:
                return HttpCodecType.Http1;
            case HttpConnectionManager.Types.CodecType.Http2:
                return HttpCodecType.Http2;
            default:
                scope.Refuse(true, "codec_type", $"{codec}; use AUTO, HTTP1 or HTTP2.");
                return HttpCodecType.Auto;
        }
    }

    private static List<string> Upgrades(HttpConnectionManager manager, CompileScope scope)
    {
        var upgrades = new List<string>(manager.UpgradeConfigs.Count);
        for (var i = 0; i < manager.UpgradeConfigs.Count; i++)
        {
            var upgrade = manager.UpgradeConfigs[i];
            var at = scope.Item("upgrade_configs", i);
            at.Refuse(upgrade.Filters.Count > 0, "filters");
            if (upgrade.Enabled != false)
            {
                upgrades.Add(upgrade.UpgradeType.ToLowerInvariant());
            }
        }

        return upgrades;
    }

    private static ClientCertDetails Details(HttpConnectionManager.Types.SetCurrentClientCertDetails? details) => details is null
        ? ClientCertDetails.None
        : (details.Subject == true ? ClientCertDetails.Subject : 0)
            | (details.Cert ? ClientCertDetails.Certificate : 0)
            | (details.Chain ? ClientCertDetails.Chain : 0)
            | (details.Dns ? ClientCertDetails.Dns : 0)
            | (details.Uri ? ClientCertDetails.Uri : 0);

    private static EscapedSlashesAction Escaped(HttpConnectionManager.Types.PathWithEscapedSlashesAction action) => action switch
    {
        HttpConnectionManager.Types.PathWithEscapedSlashesAction.RejectRequest => EscapedSlashesAction.Reject,
        HttpConnectionManager.Types.PathWithEscapedSlashesAction.UnescapeAndRedirect => EscapedSlashesAction.UnescapeAndRedirect,
        HttpConnectionManager.Types.PathWithEscapedSlashesAction.UnescapeAndForward => EscapedSlashesAction.UnescapeAndForward,
        _ => EscapedSlashesAction.KeepUnchanged,
    };
}
