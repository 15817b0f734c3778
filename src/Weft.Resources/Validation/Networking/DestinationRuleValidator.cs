using Istio.Networking.V1Alpha3;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation.Networking;

/// <summary>Rules for DestinationRule and the traffic policies inside it.</summary>
internal static class DestinationRuleValidator
{
    private const int MaxPortPolicies = 4096;

    public static void Check(Scope at, DestinationRule rule)
    {
        if (ValueRules.Required(at["host"], rule.Host, "host: reviews") && !Names.IsIpAddress(rule.Host))
            ValueRules.WildcardHost(at["host"], rule.Host);
        if (rule.TrafficPolicy is { } policy)
            TrafficPolicy(at["trafficPolicy"], policy);
        HashSet<string> names = [];
        for (int i = 0; i < rule.Subsets.Count; i++)
            CheckSubset(at["subsets"][i], rule.Subsets[i], names);
        SelectorRules.ExportTo(at["exportTo"], rule.ExportTo, nobodyIsAllowed: false);
        SelectorRules.Workloads(at["workloadSelector"], rule.WorkloadSelector);
        if (rule.WorkloadSelector is not null && rule.ExportTo.Any(place => place != "." && place != at.Resource.Namespace))
            at["exportTo"].Report(ValueDiagnostics.ExportTo, "must be . because the rule has a workloadSelector.", "Write exportTo: [\".\"].");
    }

    public static void TrafficPolicy(Scope at, TrafficPolicy policy)
    {
        bool isEmpty = policy is { LoadBalancer: null, ConnectionPool: null, OutlierDetection: null, Tls: null, Tunnel: null, ProxyProtocol: null, RetryBudget: null }
            && policy.PortLevelSettings.Count == 0;
        if (isEmpty)
            at.Report(ValueDiagnostics.EmptyBlock, "says nothing.", "Set loadBalancer, connectionPool, outlierDetection or tls, or leave it out.");
        Settings(at, policy.LoadBalancer, policy.ConnectionPool, policy.OutlierDetection, policy.Tls);
        WarnOfNoVerification(at["tls"], policy.Tls, TrafficDiagnostics.NoVerification);
        ValueRules.Limit(at["portLevelSettings"], policy.PortLevelSettings.Count, MaxPortPolicies, "ports");
        for (int i = 0; i < policy.PortLevelSettings.Count; i++)
            PortPolicy(at["portLevelSettings"][i], policy.PortLevelSettings[i]);
        if (policy.Tunnel is { } tunnel)
            Tunnel(at["tunnel"], tunnel);
        ValueRules.AtMostOne(at.Here(), ("tunnel", policy.Tunnel is not null), ("proxyProtocol", policy.ProxyProtocol is not null));
        if (policy.RetryBudget?.Percent is { } percent)
            ValueRules.Range(at["retryBudget"]["percent"], percent, 0, 100);
        if (policy.RetryBudget is { } budget)
            ValueRules.DurationOrZero(at["retryBudget"]["budgetInterval"], budget.BudgetInterval);
    }

    private static void Settings(Scope at, LoadBalancerSettings? balancer, ConnectionPoolSettings? pool, OutlierDetection? outliers, ClientTLSSettings? tls)
    {
        if (balancer is not null)
            LoadBalancerRules.Check(at["loadBalancer"], balancer, outliers is not null);
        if (pool is not null)
            ConnectionPoolRules.Check(at["connectionPool"], pool);
        if (outliers is not null)
            ConnectionPoolRules.Outliers(at["outlierDetection"], outliers);
        if (tls is not null)
            ClientTlsRules.Check(at["tls"], tls);
    }

    private static void CheckSubset(Scope at, Subset subset, HashSet<string> names)
    {
        if (ValueRules.Required(at["name"], subset.Name, "name: v1"))
            ValueRules.DnsLabel(at["name"], subset.Name);
        if (subset.Name.Length > 0 && !names.Add(subset.Name))
            at["name"].Report(ValueDiagnostics.Duplicate, $"repeats the subset \"{subset.Name}\".", "Give each subset its own name.");
        LabelRules.CheckAll(at["labels"], subset.Labels, ValueDiagnostics.Label);
        if (subset.TrafficPolicy is { } policy)
            TrafficPolicy(at["trafficPolicy"], policy);
    }

    private static void PortPolicy(Scope at, TrafficPolicy.Types.PortTrafficPolicy policy)
    {
        if (policy.Port is null)
            at["port"].Report(ValueDiagnostics.Required, "is required.", "Write port: {number: 80}.");
        else
            ValueRules.Port(at["port"]["number"], policy.Port.Number);
        if (policy is { LoadBalancer: null, ConnectionPool: null, OutlierDetection: null, Tls: null })
            at.Report(ValueDiagnostics.EmptyBlock, "says nothing about the port.", "Set loadBalancer, connectionPool, outlierDetection or tls.");
        Settings(at, policy.LoadBalancer, policy.ConnectionPool, policy.OutlierDetection, policy.Tls);
        WarnOfNoVerification(at["tls"], policy.Tls, TrafficDiagnostics.NoVerificationOnPort);
    }

    private static void WarnOfNoVerification(Scope at, ClientTLSSettings? tls, DiagnosticDefinition code)
    {
        bool isOurs = tls?.Mode is ClientTLSSettings.Types.TLSmode.Simple or ClientTLSSettings.Types.TLSmode.Mutual;
        if (isOurs && tls is { CaCertificates: "", CredentialName: "" } && tls.InsecureSkipVerify != true)
            at.Report(code, "does not verify the server's certificate.", "Write caCertificates: with the file of its authority, or insecureSkipVerify: true if that is meant.");
    }

    private static void Tunnel(Scope at, TrafficPolicy.Types.TunnelSettings tunnel)
    {
        if (tunnel.Protocol is not ("" or "CONNECT" or "POST"))
            at["protocol"].Report(TrafficDiagnostics.Tunnel, $"cannot be \"{tunnel.Protocol}\".", "Write CONNECT or POST.");
        if (ValueRules.Required(at["targetHost"], tunnel.TargetHost, "targetHost: example.com") && !Names.IsIpAddress(tunnel.TargetHost) && !Names.IsFqdn(tunnel.TargetHost))
            at["targetHost"].Report(TrafficDiagnostics.Tunnel, $"is neither a host name nor an address: \"{tunnel.TargetHost}\".", "Write for example example.com.");
        ValueRules.Port(at["targetPort"], tunnel.TargetPort);
    }
}
