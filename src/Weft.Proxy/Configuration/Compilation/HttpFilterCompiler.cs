using Envoy.Extensions.Filters.Http.Cors.V3;
using Envoy.Extensions.Filters.Http.Fault.V3;
using Envoy.Extensions.Filters.Http.GrpcWeb.V3;
using Envoy.Extensions.Filters.Http.Router.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Weft.Policy.Filters;
using Weft.Proxy.Model;
using Weft.Xds;

namespace Weft.Proxy.Configuration.Compilation;

/// <summary>
/// The HTTP filters of a connection manager, in order. The router must be last. What routes tell the filters is compiled with the
/// routes (<see cref="RouteFilters"/>).
/// </summary>
internal static class HttpFilterCompiler
{
    private const string RouterType = XdsTypeUrls.Prefix + "envoy.extensions.filters.http.router.v3.Router";
    private const string CorsType = XdsTypeUrls.Prefix + "envoy.extensions.filters.http.cors.v3.Cors";
    private const string GrpcWebType = XdsTypeUrls.Prefix + "envoy.extensions.filters.http.grpc_web.v3.GrpcWeb";
    private const string FaultType = XdsTypeUrls.Prefix + "envoy.extensions.filters.http.fault.v3.HTTPFault";

    public static IReadOnlyList<HttpFilterModel> Compile(IReadOnlyList<HttpFilter> filters, CompileScope scope)
    {
        var hasRouter = false;
        var compiled = new List<HttpFilterModel>();
        for (var i = 0; i < filters.Count; i++)
        {
            var filter = filters[i];
            var at = scope.Item("http_filters", i);
            at.Refuse(filter.ConfigDiscovery is not null, "config_discovery");
            var isRouter = filter.TypedConfig?.TypeUrl == RouterType;
            if (isRouter && i != filters.Count - 1)
            {
                at.Error("the router must be the last filter.");
            }

            hasRouter |= isRouter;
            if (Compile(filter, at) is { } model)
            {
                compiled.Add(model);
            }
        }

        if (!hasRouter)
        {
            scope.Field("http_filters").Error("the last filter must be `envoy.filters.http.router`.");
        }

        return compiled;
    }

    private static HttpFilterModel? Compile(HttpFilter filter, CompileScope scope)
    {
        var typed = scope.Field("typed_config");
        switch (filter.TypedConfig?.TypeUrl)
        {
            case RouterType:
                scope.Refuse(filter.Disabled, "disabled", "a router that is disabled.");
                Check(typed.Unpack(filter.TypedConfig, Router.Parser), typed);
                return null;
            case CorsType:
                return typed.Unpack(filter.TypedConfig, Cors.Parser) is null ? null : new CorsFilterModel { Name = filter.Name, Disabled = filter.Disabled };
            case GrpcWebType:
                return typed.Unpack(filter.TypedConfig, GrpcWeb.Parser) is null ? null : new GrpcWebFilterModel { Name = filter.Name, Disabled = filter.Disabled };
            case FaultType:
                return Fault(filter, typed);
            default:
                if (!filter.IsOptional)
                {
                    typed.RefuseType(filter.Name, filter.TypedConfig);
                }

                return null;
        }
    }

    private static void Check(Router? router, CompileScope scope)
    {
        if (router is null)
        {
            return;
        }

        scope.Refuse(router.StartChildSpan, "start_child_span");
        scope.Refuse(router.UpstreamLog.Count > 0, "upstream_log");
        scope.Refuse(router.SuppressEnvoyHeaders, "suppress_envoy_headers");
        scope.Refuse(router.StrictCheckHeaders.Count > 0, "strict_check_headers");
        scope.Refuse(router.RespectExpectedRqTimeout, "respect_expected_rq_timeout");
    }

    private static FaultFilterModel? Fault(HttpFilter filter, CompileScope scope)
    {
        if (scope.Unpack(filter.TypedConfig, HTTPFault.Parser) is not { } fault)
        {
            return null;
        }

        var errors = new List<string>();
        var rule = FaultRule.Compile(fault, errors);
        foreach (var error in errors)
        {
            var colon = error.IndexOf(": ", StringComparison.Ordinal);
            scope.ErrorAt(error[..colon], error[(colon + 2)..]);
        }

        return rule is null ? null : new FaultFilterModel { Name = filter.Name, Disabled = filter.Disabled, Rule = rule };
    }
}
