using Google.Protobuf.Collections;
using Istio.Mesh.V1Alpha1;
using Weft.Resources.Diagnostics;
using Weft.Resources.Validation.Networking;

namespace Weft.Resources.Validation.Platform;

/// <summary>Rules for the mesh configuration and for mesh networks.</summary>
internal static class MeshConfigValidator
{
    private static readonly string[] Curves = ["P-224", "P-256", "P-521", "P-384", "X25519", "X25519Kyber768Draft00", "X25519MLKEM768"];

    public static void Check(Scope at, MeshConfig mesh)
    {
        ValueRules.Port(at["proxyListenPort"], mesh.ProxyListenPort);
        ValueRules.Port(at["proxyInboundListenPort"], mesh.ProxyInboundListenPort);
        ValueRules.OptionalPort(at["proxyHttpPort"], mesh.ProxyHttpPort);
        if (mesh.ProxyListenPort == mesh.ProxyInboundListenPort)
            at["proxyInboundListenPort"].Report(TrafficDiagnostics.MeshSetting, "is the same port as proxyListenPort.", "The defaults are 15001 and 15006.");
        ValueRules.Duration(at["connectTimeout"], mesh.ConnectTimeout);
        ValueRules.DurationOrZero(at["protocolDetectionTimeout"], mesh.ProtocolDetectionTimeout);
        ValueRules.DurationOrZero(at["hboneIdleTimeout"], mesh.HboneIdleTimeout);
        ValueRules.Duration(at["dnsRefreshRate"], mesh.DnsRefreshRate);
        TrustDomain(at["trustDomain"], mesh.TrustDomain);
        for (int i = 0; i < mesh.TrustDomainAliases.Count; i++)
            TrustDomain(at["trustDomainAliases"][i], mesh.TrustDomainAliases[i]);
        if (ValueRules.Required(at["rootNamespace"], mesh.RootNamespace, "rootNamespace: istio-system"))
            ValueRules.DnsLabel(at["rootNamespace"], mesh.RootNamespace);
        SelectorRules.ExportTo(at["defaultServiceExportTo"], mesh.DefaultServiceExportTo, nobodyIsAllowed: true);
        SelectorRules.ExportTo(at["defaultVirtualServiceExportTo"], mesh.DefaultVirtualServiceExportTo, nobodyIsAllowed: false);
        SelectorRules.ExportTo(at["defaultDestinationRuleExportTo"], mesh.DefaultDestinationRuleExportTo, nobodyIsAllowed: false);
        if (mesh.LocalityLbSetting is { } locality)
            LoadBalancerRules.Locality(at["localityLbSetting"], locality, hasOutlierDetection: true);
        if (mesh.DefaultHttpRetryPolicy is { } retries)
            HttpPolicyRules.Retries(at["defaultHttpRetryPolicy"], retries);
        if (mesh.DefaultInboundHttpRetryPolicy is { } inbound)
            HttpPolicyRules.Retries(at["defaultInboundHttpRetryPolicy"], inbound);
        if (mesh.DefaultTrafficPolicy?.ConnectionPool is { } pool)
            ConnectionPoolRules.Check(at["defaultTrafficPolicy"]["connectionPool"], pool);
        if (mesh.DefaultTrafficPolicy?.OutlierDetection is { } outliers)
            ConnectionPoolRules.Outliers(at["defaultTrafficPolicy"]["outlierDetection"], outliers);
        if (mesh.TcpKeepalive is { } keepalive)
            ConnectionPoolRules.Keepalive(at["tcpKeepalive"], keepalive);
        Tls(at["meshMTLS"], mesh.MeshMTLS);
        Tls(at["tlsDefaults"], mesh.TlsDefaults);
        Providers(at["extensionProviders"], mesh.ExtensionProviders);
        if (mesh.DefaultConfig is { } config)
            Proxy(at["defaultConfig"], config);
    }

    public static void Check(Scope at, MeshNetworks networks)
    {
        HashSet<string> seen = [];
        foreach ((string name, Network network) in networks.Networks)
        {
            Scope place = at["networks"][name];
            for (int i = 0; i < network.Endpoints.Count; i++)
                Endpoint(place["endpoints"][i], network.Endpoints[i], seen);
            for (int i = 0; i < network.Gateways.Count; i++)
            {
                Network.Types.IstioNetworkGateway gateway = network.Gateways[i];
                ValueRules.Port(place["gateways"][i]["port"], gateway.Port);
                if (gateway.GwCase == Network.Types.IstioNetworkGateway.GwOneofCase.None)
                    place["gateways"][i].Report(ValueDiagnostics.Required, "needs registryServiceName or address.", "Write address: 203.0.113.1.");
            }
        }
    }

    private static void Endpoint(Scope at, Network.Types.NetworkEndpoints endpoint, HashSet<string> seen)
    {
        switch (endpoint.NeCase)
        {
            case Network.Types.NetworkEndpoints.NeOneofCase.FromCidr:
                if (!Names.IsCidr(endpoint.FromCidr))
                    at["fromCidr"].Report(ValueDiagnostics.Address, $"is no subnet: \"{endpoint.FromCidr}\".", "Write for example 10.0.0.0/8.");
                else if (!seen.Add(endpoint.FromCidr))
                    at["fromCidr"].Report(ValueDiagnostics.Duplicate, $"repeats {endpoint.FromCidr}.", "A subnet is in one network.");
                break;
            case Network.Types.NetworkEndpoints.NeOneofCase.FromRegistry:
                if (ValueRules.Required(at["fromRegistry"], endpoint.FromRegistry, "fromRegistry: Kubernetes") && !seen.Add(endpoint.FromRegistry))
                    at["fromRegistry"].Report(ValueDiagnostics.Duplicate, $"repeats \"{endpoint.FromRegistry}\".", "A registry is in one network.");
                break;
            default:
                at.Report(ValueDiagnostics.Required, "needs fromCidr or fromRegistry.", "Write fromCidr: 10.0.0.0/8.");
                break;
        }
    }

    private static void TrustDomain(Scope at, string domain)
    {
        if (!Names.IsFqdn(domain.Replace('@', '.')))
            at.Report(TrafficDiagnostics.MeshSetting, $"is no trust domain: \"{domain}\".", "Write a DNS name, such as cluster.local.");
    }

    private static void Tls(Scope at, MeshConfig.Types.TLSConfig? tls)
    {
        for (int i = 0; i < tls?.EcdhCurves.Count; i++)
            ValueRules.OneOf(at["ecdhCurves"][i], tls.EcdhCurves[i], Curves);
    }

    private static void Providers(Scope at, RepeatedField<MeshConfig.Types.ExtensionProvider> providers)
    {
        HashSet<string> names = [];
        for (int i = 0; i < providers.Count; i++)
        {
            if (ValueRules.Required(at[i]["name"], providers[i].Name, "name: my-provider") && !names.Add(providers[i].Name))
                at[i]["name"].Report(ValueDiagnostics.Duplicate, $"repeats the provider \"{providers[i].Name}\".", "Give each provider its own name.");
            if (providers[i].ProviderCase == MeshConfig.Types.ExtensionProvider.ProviderOneofCase.None)
                at[i].Report(TrafficDiagnostics.MeshSetting, "says nothing of its provider.", "Set for example envoyExtAuthzHttp, opentelemetry or envoyFileAccessLog.");
            Service(at[i], providers[i]);
        }
    }

    private static void Service(Scope at, MeshConfig.Types.ExtensionProvider provider)
    {
        (string Field, string Service, uint Port)? remote = provider.ProviderCase switch
        {
            MeshConfig.Types.ExtensionProvider.ProviderOneofCase.EnvoyExtAuthzHttp => ("envoyExtAuthzHttp", provider.EnvoyExtAuthzHttp.Service, provider.EnvoyExtAuthzHttp.Port),
            MeshConfig.Types.ExtensionProvider.ProviderOneofCase.EnvoyExtAuthzGrpc => ("envoyExtAuthzGrpc", provider.EnvoyExtAuthzGrpc.Service, provider.EnvoyExtAuthzGrpc.Port),
            MeshConfig.Types.ExtensionProvider.ProviderOneofCase.Zipkin => ("zipkin", provider.Zipkin.Service, provider.Zipkin.Port),
            MeshConfig.Types.ExtensionProvider.ProviderOneofCase.Datadog => ("datadog", provider.Datadog.Service, provider.Datadog.Port),
            MeshConfig.Types.ExtensionProvider.ProviderOneofCase.Skywalking => ("skywalking", provider.Skywalking.Service, provider.Skywalking.Port),
            MeshConfig.Types.ExtensionProvider.ProviderOneofCase.Opentelemetry => ("opentelemetry", provider.Opentelemetry.Service, provider.Opentelemetry.Port),
            MeshConfig.Types.ExtensionProvider.ProviderOneofCase.EnvoyHttpAls => ("envoyHttpAls", provider.EnvoyHttpAls.Service, provider.EnvoyHttpAls.Port),
            MeshConfig.Types.ExtensionProvider.ProviderOneofCase.EnvoyTcpAls => ("envoyTcpAls", provider.EnvoyTcpAls.Service, provider.EnvoyTcpAls.Port),
            MeshConfig.Types.ExtensionProvider.ProviderOneofCase.EnvoyOtelAls => ("envoyOtelAls", provider.EnvoyOtelAls.Service, provider.EnvoyOtelAls.Port),
            _ => null,
        };
        if (remote is not { } target)
            return;
        if (ValueRules.Required(at[target.Field]["service"], target.Service, "service: my-service.my-namespace.svc.cluster.local"))
            ValueRules.Fqdn(at[target.Field]["service"], target.Service[(target.Service.IndexOf('/', StringComparison.Ordinal) + 1)..]);
        ValueRules.Port(at[target.Field]["port"], target.Port);
    }

    private static void Proxy(Scope at, ProxyConfig config)
    {
        ValueRules.Duration(at["drainDuration"], config.DrainDuration);
        ValueRules.DurationOrZero(at["terminationDrainDuration"], config.TerminationDrainDuration);
        ValueRules.OptionalPort(at["proxyAdminPort"], config.ProxyAdminPort);
        ValueRules.OptionalPort(at["statusPort"], config.StatusPort);
        if (config.Concurrency is { } concurrency)
            ValueRules.NotNegative(at["concurrency"], concurrency);
        if (config.Tracing is { } tracing)
            ValueRules.Range(at["tracing"]["sampling"], tracing.Sampling, 0, 100);
        if (config.ReadinessProbe is { } probe)
            WorkloadGroupValidator.Probe(at["readinessProbe"], probe);
        for (int i = 0; i < config.ProxyStatsMatcher?.InclusionRegexps.Count; i++)
            ValueRules.Regex(at["proxyStatsMatcher"]["inclusionRegexps"][i], config.ProxyStatsMatcher.InclusionRegexps[i]);
    }
}
