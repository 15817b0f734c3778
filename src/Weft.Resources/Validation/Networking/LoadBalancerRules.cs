using Google.Protobuf.Collections;
using Istio.Networking.V1Alpha3;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation.Networking;

/// <summary>Rules for load balancing: hash keys, table sizes, slow start and locality.</summary>
internal static class LoadBalancerRules
{
    private const ulong MaglevLimit = 5_000_011;
    private static readonly string[] TopologyLabels = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone", "topology.istio.io/subzone"];

    public static void Check(Scope at, LoadBalancerSettings settings, bool hasOutlierDetection)
    {
        if (settings.LbPolicyCase == LoadBalancerSettings.LbPolicyOneofCase.Simple)
            ValueRules.Deprecated(at["simple"], settings.Simple == LoadBalancerSettings.Types.SimpleLB.LeastConn, "LEAST_REQUEST");
        if (settings.ConsistentHash is { } hash)
            ConsistentHash(at["consistentHash"], hash);
        if (settings.BackendUtilization is { } utilization)
            BackendUtilization(at["backendUtilization"], utilization);
        ValueRules.AtMostOne(at.Here(), ("localityLbSetting", settings.LocalityLbSetting is not null), ("zoneAwareLbSetting", settings.ZoneAwareLbSetting is not null));
        if (settings.LocalityLbSetting is { } locality)
            Locality(at["localityLbSetting"], locality, hasOutlierDetection);
        if (settings.ZoneAwareLbSetting is { } zones)
            Zones(at["zoneAwareLbSetting"], zones);
        ValueRules.Deprecated(at["warmupDurationSecs"], settings.WarmupDurationSecs is not null, "warmup: {duration: 60s}");
        ValueRules.AtMostOne(at.Here(), ("warmup", settings.Warmup is not null), ("warmupDurationSecs", settings.WarmupDurationSecs is not null));
        if (settings.Warmup is { } warmup)
            Warmup(at["warmup"], warmup);
    }

    public static void Locality(Scope at, LocalityLoadBalancerSetting locality, bool hasOutlierDetection)
    {
        if (locality.Distribute.Count > 0 && (locality.Failover.Count > 0 || locality.FailoverPriority.Count > 0))
            at["distribute"].Report(TrafficDiagnostics.Locality, "cannot be combined with failover or failoverPriority.", "Keep one of them.");
        for (int i = 0; i < locality.Distribute.Count; i++)
            Distribute(at["distribute"][i], locality.Distribute, i);
        for (int i = 0; i < locality.Failover.Count; i++)
            Failover(at["failover"][i], locality.Failover[i].From, locality.Failover[i].To);
        if ((locality.Failover.Count > 0 || locality.FailoverPriority.Count > 0) && !hasOutlierDetection)
            at.Report(ValueDiagnostics.NoEffect, "fails over, but without outlierDetection no endpoint is ever found unhealthy.", "Add outlierDetection beside loadBalancer.");
    }

    private static void ConsistentHash(Scope at, LoadBalancerSettings.Types.ConsistentHashLB hash)
    {
        if (hash.HashKeyCase == LoadBalancerSettings.Types.ConsistentHashLB.HashKeyOneofCase.None)
            at.Report(TrafficDiagnostics.LoadBalancer, "has no key to hash.", "Set httpHeaderName, httpCookie, useSourceIp or httpQueryParameterName.");
        if (hash.HttpCookie is { } cookie)
            Cookie(at["httpCookie"], cookie);
        ValueRules.Deprecated(at["minimumRingSize"], hash.MinimumRingSize != 0, "ringHash: {minimumRingSize: 1024}");
        ValueRules.AtMostOne(
            at, ("minimumRingSize", hash.MinimumRingSize != 0), (hash.Maglev is null ? "ringHash" : "maglev", hash.RingHash is not null || hash.Maglev is not null));
        if (hash.Maglev is { } maglev && (maglev.TableSize == 0 || maglev.TableSize >= MaglevLimit || !IsPrime(maglev.TableSize)))
            at["maglev"]["tableSize"].Report(TrafficDiagnostics.LoadBalancer, $"is {maglev.TableSize}, but must be a prime number below {MaglevLimit}.", "Write 65537.");
    }

    private static void Cookie(Scope at, LoadBalancerSettings.Types.ConsistentHashLB.Types.HTTPCookie cookie)
    {
        ValueRules.Required(at["name"], cookie.Name, "name: session");
        if (cookie.Ttl is { } ttl && (ttl.Seconds < 0 || ttl.Nanos < 0))
            at["ttl"].Report(ValueDiagnostics.DurationRange, "must not be negative.", "Write 0s for a cookie that ends with the browser's session.");
        HashSet<string> names = [];
        for (int i = 0; i < cookie.Attributes.Count; i++)
        {
            if (ValueRules.Required(at["attributes"][i]["name"], cookie.Attributes[i].Name, "name: SameSite") && !names.Add(cookie.Attributes[i].Name))
                at["attributes"][i]["name"].Report(ValueDiagnostics.Duplicate, $"repeats the attribute \"{cookie.Attributes[i].Name}\".", "Keep one of them.");
        }
    }

    private static void BackendUtilization(Scope at, LoadBalancerSettings.Types.BackendUtilization utilization)
    {
        ValueRules.DurationOrZero(at["weightExpirationPeriod"], utilization.WeightExpirationPeriod);
        ValueRules.DurationOrZero(at["weightStabilizationPeriod"], utilization.WeightStabilizationPeriod);
        ValueRules.DurationOrZero(at["weightUpdatePeriod"], utilization.WeightUpdatePeriod);
        ValueRules.NoEmptyItems(at["metricNamesForComputingUtilization"], utilization.MetricNamesForComputingUtilization);
    }

    private static void Warmup(Scope at, WarmupConfiguration warmup)
    {
        if (warmup.Duration is null)
            at["duration"].Report(ValueDiagnostics.Required, "is required.", "Write duration: 60s.");
        ValueRules.Duration(at["duration"], warmup.Duration);
        if (warmup.MinimumPercent is { } minimum)
            ValueRules.Range(at["minimumPercent"], minimum, 0, 100);
        if (warmup.Aggression is { } aggression && !(aggression > 0))
            at["aggression"].Report(ValueDiagnostics.Number, $"is {aggression}, but must be greater than 0.");
    }

    private static void Distribute(Scope at, RepeatedField<LocalityLoadBalancerSetting.Types.Distribute> all, int index)
    {
        LocalityLoadBalancerSetting.Types.Distribute rule = all[index];
        Place(at["from"], rule.From);
        for (int i = 0; i < index; i++)
        {
            if (Overlaps(all[i].From, rule.From))
                at["from"].Report(TrafficDiagnostics.Locality, $"\"{rule.From}\" overlaps with \"{all[i].From}\" of an earlier rule.", "Each locality may be in one rule only.");
        }
        ulong sum = 0;
        foreach ((string to, uint weight) in rule.To)
        {
            Place(at["to"][to], to);
            sum += weight;
            if (weight == 0)
                at["to"][to].Report(TrafficDiagnostics.Locality, "has weight 0.", "Leave the locality out.");
        }
        if (sum != 100)
            at["to"].Report(TrafficDiagnostics.Locality, $"has weights that add up to {sum}, not 100.", "Weights are percentages.");
    }

    private static void Failover(Scope at, string from, string to)
    {
        foreach ((string field, string region) in new[] { ("from", from), ("to", to) })
        {
            if (region.AsSpan().ContainsAny('/', '*'))
                at[field].Report(TrafficDiagnostics.Locality, $"cannot be \"{region}\".", "Failover is between whole regions: write the region's name alone.");
        }
        if (from == to)
            at["to"].Report(TrafficDiagnostics.Locality, $"is the region \"{to}\" itself.", "Name another region.");
    }

    private static void Zones(Scope at, ZoneAwareLoadBalancerSetting zones)
    {
        for (int i = 0; i < zones.Failover.Count; i++)
            Failover(at["failover"][i], zones.Failover[i].From, zones.Failover[i].To);
        for (int i = 0; i < zones.FailoverPriority.Count; i++)
        {
            string label = zones.FailoverPriority[i].Split('=')[0];
            if (TopologyLabels.Contains(label))
                at["failoverPriority"][i].Report(TrafficDiagnostics.Locality, $"cannot be \"{label}\": zone-aware balancing orders places by itself.", "Name other labels.");
        }
    }

    private static void Place(Scope at, string place)
    {
        string[] parts = place.Split('/');
        int star = Array.FindIndex(parts, part => part.Contains('*', StringComparison.Ordinal));
        bool starIsLast = star < 0 || (star == parts.Length - 1 && parts[star] == "*");
        if (place.Length == 0 || parts.Length > 3 || parts.Any(part => part.Length == 0) || !starIsLast)
            at.Report(TrafficDiagnostics.Locality, $"is no locality: \"{place}\".", "Write region, region/zone or region/zone/subzone; the last part may be *.");
    }

    private static bool Overlaps(string left, string right)
    {
        string[] a = left.Split('/'), b = right.Split('/');
        for (int i = 0; i < Math.Min(a.Length, b.Length); i++)
        {
            if (a[i] == "*" || b[i] == "*")
                return true;
            if (a[i] != b[i])
                return false;
        }
        return true;
    }

    private static bool IsPrime(ulong number)
    {
        if (number < 4)
            return number > 1;
        for (ulong divisor = 2; divisor * divisor <= number; divisor++)
        {
            if (number % divisor == 0)
                return false;
        }
        return true;
    }
}
