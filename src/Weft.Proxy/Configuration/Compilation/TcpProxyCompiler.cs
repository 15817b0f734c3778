using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Weft.Proxy.Model;

namespace Weft.Proxy.Configuration.Compilation;

/// <summary>The TCP proxy filter.</summary>
internal static class TcpProxyCompiler
{
    public static TcpProxyModel Compile(TcpProxy proxy, CompileScope scope)
    {
        scope.Refuse(proxy.MetadataMatch is not null, "metadata_match");
        scope.Refuse(proxy.BackoffOptions is not null, "backoff_options");
        scope.Refuse(proxy.HashPolicy.Count > 0, "hash_policy");
        scope.Refuse(proxy.TunnelingConfig is not null, "tunneling_config");
        scope.Refuse(proxy.AccessLogFlushInterval is not null, "access_log_flush_interval");
        scope.Refuse(proxy.FlushAccessLogOnConnected, "flush_access_log_on_connected");
        scope.Refuse(proxy.AccessLogOptions is not null, "access_log_options");
        return new TcpProxyModel
        {
            StatPrefix = proxy.StatPrefix,
            Clusters = Clusters(proxy, scope),
            IdleTimeout = scope.Duration(proxy.IdleTimeout, "idle_timeout", TimeSpan.FromHours(1)),
            MaxConnectAttempts = scope.Count(proxy.MaxConnectAttempts, "max_connect_attempts", 1, 1),
            MaxDownstreamConnectionDuration = scope.Duration(proxy.MaxDownstreamConnectionDuration, "max_downstream_connection_duration", TimeSpan.Zero),
            AccessLogs = AccessLogCompiler.Compile(proxy.AccessLog, scope),
        };
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
