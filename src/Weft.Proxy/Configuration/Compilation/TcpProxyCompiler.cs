using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Weft.Proxy.Model;
using Weft.Wire.Http1;

namespace Weft.Proxy.Configuration.Compilation;

/// <summary>The TCP proxy filter.</summary>
internal static class TcpProxyCompiler
{
    public static TcpProxyModel Compile(TcpProxy proxy, CompileScope scope)
    {
        scope.Refuse(proxy.MetadataMatch is not null, "metadata_match");
        scope.Refuse(proxy.BackoffOptions is not null, "backoff_options");
        scope.Refuse(proxy.HashPolicy.Count > 0, "hash_policy");
        scope.Refuse(proxy.AccessLogFlushInterval is not null, "access_log_flush_interval");
        scope.Refuse(proxy.FlushAccessLogOnConnected, "flush_access_log_on_connected");
        scope.Refuse(proxy.AccessLogOptions is not null, "access_log_options");
        return new TcpProxyModel
        {
            StatPrefix = proxy.StatPrefix,
            Clusters = Clusters(proxy, scope),
            IdleTimeout = scope.Duration(proxy.IdleTimeout, "idle_timeout", TimeSpan.FromHours(1)),
            Tunneling = proxy.TunnelingConfig is { } tunneling ? Tunneling(tunneling, scope.Field("tunneling_config")) : null,
            MaxConnectAttempts = scope.Count(proxy.MaxConnectAttempts, "max_connect_attempts", 1, 1),
            MaxDownstreamConnectionDuration = scope.Duration(proxy.MaxDownstreamConnectionDuration, "max_downstream_connection_duration", TimeSpan.Zero),
            AccessLogs = AccessLogCompiler.Compile(proxy.AccessLog, scope),
        };
    }

    private static TunnelingModel Tunneling(TcpProxy.Types.TunnelingConfig tunneling, CompileScope scope)
    {
        scope.Refuse(tunneling.UsePost, "use_post");
        scope.Refuse(tunneling.PostPath.Length > 0, "post_path");
        scope.Refuse(tunneling.HeadersToAdd.Count > 0, "headers_to_add");
        scope.Refuse(tunneling.PropagateResponseHeaders, "propagate_response_headers");
        scope.Refuse(tunneling.PropagateResponseTrailers, "propagate_response_trailers");
        var hostname = tunneling.Hostname;
        if (hostname == TunnelingModel.LocalAddressOperator)
        {
            return new TunnelingModel(null);
        }

        if (hostname.Contains('%', StringComparison.Ordinal))
        {
            scope.Refuse(true, "hostname", $"only `{TunnelingModel.LocalAddressOperator}` by itself, or a fixed `host:port`.");
        }
        else if (hostname.Length > TunnelingModel.MaxHostnameBytes || !System.Text.Ascii.IsValid(hostname) || !HostSyntax.HasPort(System.Text.Encoding.ASCII.GetBytes(hostname)))
        {
            scope.Field("hostname").Error($"`{hostname}` is not a host with a port, as in `db.example.com:5432`.");
        }

        return new TunnelingModel(hostname);
    }

    private static IReadOnlyList<WeightedClusterModel> Clusters(TcpProxy proxy, CompileScope scope)
    {
        if (proxy.ClusterSpecifierCase == TcpProxy.ClusterSpecifierOneofCase.Cluster && proxy.Cluster.Length > 0)
        {
            return [new WeightedClusterModel(proxy.Cluster, 1)];
        }

        var weighted = proxy.WeightedClusters?.Clusters;
        if (weighted is null || weighted.Count == 0)
        {
            scope.Error("it names no cluster: set `cluster` or `weighted_clusters`.");
            return [];
        }

        for (var i = 0; i < weighted.Count; i++)
        {
            scope.Field("weighted_clusters").Item("clusters", i).Refuse(weighted[i].MetadataMatch is not null, "metadata_match");
        }

        var sum = weighted.Sum(c => (long)c.Weight);
        if (sum is 0 or > uint.MaxValue)
        {
            scope.Field("weighted_clusters").Error($"the sum of the weights is {sum}; 1 to {uint.MaxValue} is allowed.");
        }

        return [.. weighted.Select(c => new WeightedClusterModel(c.Name, c.Weight))];
    }
}
