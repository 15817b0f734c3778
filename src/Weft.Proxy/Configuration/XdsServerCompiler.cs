using Envoy.Config.Bootstrap.V3;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Weft.Proxy.Configuration.Compilation;

namespace Weft.Proxy.Configuration;

/// <summary>Reads <c>dynamic_resources</c>: one configuration server, spoken to over one aggregated stream.</summary>
internal static class XdsServerCompiler
{
    public static XdsServerSettings? Compile(Bootstrap bootstrap, CompileScope scope)
    {
        var dynamic = bootstrap.DynamicResources;
        scope.Refuse(dynamic.LdsResourcesLocator.Length > 0, "lds_resources_locator");
        scope.Refuse(dynamic.CdsResourcesLocator.Length > 0, "cds_resources_locator");
        var wantsListeners = IsAggregated(dynamic.LdsConfig, scope.Field("lds_config"));
        var wantsClusters = IsAggregated(dynamic.CdsConfig, scope.Field("cds_config"));
        if (dynamic.AdsConfig is not { } ads)
        {
            scope.Error("it has no `ads_config`, which says where configuration comes from.");
            return null;
        }

        if (string.IsNullOrEmpty(bootstrap.Node?.Id))
        {
            scope.Error("a configuration server needs to know who asks: set `node.id`.");
        }

        var at = scope.Field("ads_config");
        var isDelta = IsDelta(ads, at);
        at.Refuse(ads.ClusterNames.Count > 0, "cluster_names", "use `grpc_services`.");
        at.Refuse(ads.RefreshDelay is not null, "refresh_delay");
        at.Refuse(ads.RequestTimeout is not null, "request_timeout");
        at.Refuse(ads.RateLimitSettings is not null, "rate_limit_settings");
        if (ads.GrpcServices.Count != 1 || ads.GrpcServices[0].EnvoyGrpc is null)
        {
            at.Field("grpc_services").Error("it must be one service with `envoy_grpc.cluster_name`.");
            return null;
        }

        var service = ads.GrpcServices[0];
        var atService = at.Item("grpc_services", 0);
        atService.Refuse(service.Timeout is not null, "timeout");
        var name = service.EnvoyGrpc.ClusterName;
        var index = bootstrap.StaticResources?.Clusters.ToList().FindIndex(c => c.Name == name) ?? -1;
        if (index < 0)
        {
            atService.Field("envoy_grpc").Field("cluster_name").Error($"there is no static cluster `{name}`.");
            return null;
        }

        return Server(bootstrap.StaticResources!.Clusters[index], service, atService) is { } server
            ? server with { IsDelta = isDelta, WantsListeners = wantsListeners, WantsClusters = wantsClusters }
            : null;
    }

    private static bool IsAggregated(ConfigSource? source, CompileScope scope)
    {
        if (source is null)
        {
            return false;
        }

        if (source.ConfigSourceSpecifierCase != ConfigSource.ConfigSourceSpecifierOneofCase.Ads)
        {
            scope.Error("configuration comes over the aggregated stream only: set `ads: {}`.");
        }

        return true;
    }

    private static bool IsDelta(ApiConfigSource ads, CompileScope scope)
    {
        if (ads.TransportApiVersion != ApiVersion.V3)
        {
            scope.Field("transport_api_version").Error("only version 3 of the protocol is spoken: set `V3`.");
        }

        switch (ads.ApiType)
        {
            case ApiConfigSource.Types.ApiType.Grpc or ApiConfigSource.Types.ApiType.AggregatedGrpc:
                return false;
            case ApiConfigSource.Types.ApiType.DeltaGrpc or ApiConfigSource.Types.ApiType.AggregatedDeltaGrpc:
                return true;
            default:
                scope.Field("api_type").Error("weft-proxy speaks DELTA_GRPC and GRPC.");
                return false;
        }
    }

    private static XdsServerSettings? Server(Cluster cluster, GrpcService service, CompileScope scope)
    {
        var endpoints = cluster.LoadAssignment?.Endpoints.SelectMany(e => e.LbEndpoints).ToList() ?? [];
        if (endpoints.Count != 1 || endpoints[0].Endpoint?.Address?.SocketAddress is not { } socket)
        {
            scope.Error($"the cluster `{cluster.Name}` must have one endpoint with a socket address.");
            return null;
        }

        var tls = TlsCompiler.ToUpstream(cluster.TransportSocket, new CompileScope());
        var host = socket.Address.Contains(':', StringComparison.Ordinal) ? $"[{socket.Address}]" : socket.Address;
        if (!Uri.TryCreate($"{(tls is null ? "http" : "https")}://{host}:{socket.PortValue}", UriKind.Absolute, out var address))
        {
            scope.Error($"the cluster `{cluster.Name}` has no usable address.");
            return null;
        }

        if (tls is not null && tls.Validation is not { TrustedCaPem.Length: > 0 })
        {
            scope.Error($"the cluster `{cluster.Name}` must say whom to trust: give `validation_context.trusted_ca`.");
        }

        return new XdsServerSettings
        {
            Address = address,
            TrustedCaPem = tls?.Validation?.TrustedCaPem ?? default,
            ServerName = tls is { Sni.Length: > 0 } ? tls.Sni : service.EnvoyGrpc.Authority,
            Metadata = [.. service.InitialMetadata.Select(m => KeyValuePair.Create(m.Key, m.Value))],
        };
    }
}
