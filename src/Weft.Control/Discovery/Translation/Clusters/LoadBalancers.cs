using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;
using Istio.Networking.V1Alpha3;
using EnvoyOutlier = Envoy.Config.Cluster.V3.OutlierDetection;
using IstioOutlier = Istio.Networking.V1Alpha3.OutlierDetection;

namespace Weft.Control.Discovery.Translation.Clusters;

/// <summary>How a cluster picks an endpoint and which it leaves out. Source: Istio's load balancer and outlier detection settings.</summary>
internal static class LoadBalancers
{
    /// <summary>Sets the policy; without a setting it is LEAST_REQUEST. PASSTHROUGH turns the cluster into ORIGINAL_DST.</summary>
    public static void Apply(Cluster cluster, LoadBalancerSettings? settings)
    {
        if (cluster.Type == Cluster.Types.DiscoveryType.OriginalDst)
        {
            cluster.LbPolicy = Cluster.Types.LbPolicy.ClusterProvided;
            return;
        }

        switch (settings?.Simple)
        {
            case LoadBalancerSettings.Types.SimpleLB.Random:
                cluster.LbPolicy = Cluster.Types.LbPolicy.Random;
                break;
            case LoadBalancerSettings.Types.SimpleLB.RoundRobin:
                cluster.LbPolicy = Cluster.Types.LbPolicy.RoundRobin;
                if (SlowStart(settings) is { } roundRobin)
                    cluster.RoundRobinLbConfig = new Cluster.Types.RoundRobinLbConfig { SlowStartConfig = roundRobin };
                break;
            case LoadBalancerSettings.Types.SimpleLB.Passthrough:
                cluster.LbPolicy = Cluster.Types.LbPolicy.ClusterProvided;
                cluster.Type = Cluster.Types.DiscoveryType.OriginalDst;
                cluster.LoadAssignment = null;
                break;
            default:
                cluster.LbPolicy = Cluster.Types.LbPolicy.LeastRequest;
                if (settings is not null && SlowStart(settings) is { } leastRequest)
                    cluster.LeastRequestLbConfig = new Cluster.Types.LeastRequestLbConfig { SlowStartConfig = leastRequest };
                break;
        }

        if (settings?.ConsistentHash is { } hash)
            ApplyHash(cluster, hash);
    }

    /// <summary>Ejection of failing endpoints; without a block there is none.</summary>
    public static void ApplyOutlierDetection(Cluster cluster, IstioOutlier? outlier)
    {
        if (outlier is null)
            return;
        EnvoyOutlier result = new() { EnforcingSuccessRate = 0 };
        if (outlier.Consecutive5XxErrors is { } errors)
        {
            result.Consecutive5Xx = errors;
            result.EnforcingConsecutive5Xx = errors > 0 ? 100u : 0u;
        }

        if (outlier.ConsecutiveGatewayErrors is { } gatewayErrors)
        {
            result.ConsecutiveGatewayFailure = gatewayErrors;
            result.EnforcingConsecutiveGatewayFailure = gatewayErrors > 0 ? 100u : 0u;
        }

        result.Interval = outlier.Interval;
        result.BaseEjectionTime = outlier.BaseEjectionTime;
        if (outlier.MaxEjectionPercent > 0)
            result.MaxEjectionPercent = (uint)outlier.MaxEjectionPercent;
        if (outlier.SplitExternalLocalOriginErrors)
        {
            result.SplitExternalLocalOriginErrors = true;
            if (outlier.ConsecutiveLocalOriginFailures is { } local)
            {
                result.ConsecutiveLocalOriginFailure = local;
                result.EnforcingConsecutiveLocalOriginFailure = local > 0 ? 100u : 0u;
                result.EnforcingLocalOriginSuccessRate = 0;
            }
        }

        cluster.OutlierDetection = result;
        // Istio never panics by default: with all endpoints ejected requests fail instead of going to ejected ones.
        cluster.CommonLbConfig ??= new Cluster.Types.CommonLbConfig();
        cluster.CommonLbConfig.HealthyPanicThreshold = new Envoy.Type.V3.Percent { Value = outlier.MinHealthPercent };
    }

    private static void ApplyHash(Cluster cluster, LoadBalancerSettings.Types.ConsistentHashLB hash)
    {
        if (hash.HashAlgorithmCase == LoadBalancerSettings.Types.ConsistentHashLB.HashAlgorithmOneofCase.Maglev)
        {
            cluster.LbPolicy = Cluster.Types.LbPolicy.Maglev;
            if (hash.Maglev.TableSize > 0)
                cluster.MaglevLbConfig = new Cluster.Types.MaglevLbConfig { TableSize = hash.Maglev.TableSize };
            return;
        }

        ulong size = hash.RingHash?.MinimumRingSize ?? 0;
#pragma warning disable CS0612 // Istio's deprecated field is still part of its API.
        if (size == 0)
            size = hash.MinimumRingSize;
#pragma warning restore CS0612
        cluster.LbPolicy = Cluster.Types.LbPolicy.RingHash;
        cluster.RingHashLbConfig = new Cluster.Types.RingHashLbConfig { MinimumRingSize = size > 0 ? size : 1024 };
    }

    private static Cluster.Types.SlowStartConfig? SlowStart(LoadBalancerSettings settings)
    {
        if (settings.Warmup is { } warmup)
        {
            Cluster.Types.SlowStartConfig config = new() { SlowStartWindow = warmup.Duration };
            if (warmup.Aggression is { } aggression)
                config.Aggression = new RuntimeDouble { DefaultValue = aggression };
            if (warmup.MinimumPercent is { } percent)
                config.MinWeightPercent = new Envoy.Type.V3.Percent { Value = percent };
            return config;
        }

#pragma warning disable CS0612 // Istio's deprecated field is still part of its API.
        Duration? window = settings.WarmupDurationSecs;
#pragma warning restore CS0612
        return window is null ? null : new Cluster.Types.SlowStartConfig { SlowStartWindow = window };
    }
}
