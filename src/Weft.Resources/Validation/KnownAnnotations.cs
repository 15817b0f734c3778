using Weft.Resources.Decoding;

namespace Weft.Resources.Validation;

/// <summary>The annotations that Istio defines, to find those that are misspelt.</summary>
internal static class KnownAnnotations
{
    private const string Domain = "istio.io";

    private static readonly HashSet<string> Names =
    [
        "prometheus.istio.io/merge-metrics", "alpha.istio.io/kubernetes-serviceaccounts", "alpha.istio.io/canonical-serviceaccounts",
        "networking.istio.io/exportTo", "sidecar.istio.io/inject", "sidecar.istio.io/status", "sidecar.istio.io/rewriteAppHTTPProbers",
        "sidecar.istio.io/discoveryAddress", "sidecar.istio.io/proxyImage", "sidecar.istio.io/proxyImageType", "sidecar.istio.io/proxyCPU",
        "sidecar.istio.io/proxyCPULimit", "sidecar.istio.io/proxyMemory", "sidecar.istio.io/proxyMemoryLimit", "sidecar.istio.io/interceptionMode",
        "sidecar.istio.io/bootstrapOverride", "sidecar.istio.io/statsInclusionPrefixes", "sidecar.istio.io/statsInclusionSuffixes",
        "sidecar.istio.io/statsInclusionRegexps", "sidecar.istio.io/statsHistogramBuckets", "sidecar.istio.io/statsFlushInterval",
        "sidecar.istio.io/statsEvictionInterval", "sidecar.istio.io/statsHistogramBins", "sidecar.istio.io/userVolume",
        "sidecar.istio.io/userVolumeMount", "status.sidecar.istio.io/port", "sidecar.istio.io/logLevel", "sidecar.istio.io/componentLogLevel",
        "sidecar.istio.io/agentLogLevel", "sidecar.istio.io/nativeSidecar", "readiness.status.sidecar.istio.io/initialDelaySeconds",
        "readiness.status.sidecar.istio.io/periodSeconds", "readiness.status.sidecar.istio.io/failureThreshold",
        "readiness.status.sidecar.istio.io/applicationPorts", "traffic.istio.io/nodeSelector", "traffic.sidecar.istio.io/includeOutboundIPRanges",
        "traffic.sidecar.istio.io/excludeOutboundIPRanges", "traffic.sidecar.istio.io/includeInboundPorts",
        "traffic.sidecar.istio.io/excludeInboundPorts", "traffic.sidecar.istio.io/excludeInterfaces", "traffic.sidecar.istio.io/includeOutboundPorts",
        "traffic.sidecar.istio.io/excludeOutboundPorts", "traffic.sidecar.istio.io/kubevirtInterfaces", "kubernetes.io/ingress.class",
        "galley.istio.io/analyze-suppress", "proxy.istio.io/config", "istio.io/dry-run", "istio.io/rev", "proxy.istio.io/overrides",
        "inject.istio.io/templates", "sidecar.istio.io/extraStatTags", "istio.io/autoRegistrationGroup", "istio.io/workloadController",
        "istio.io/connectedAt", "istio.io/disconnectedAt", "topology.istio.io/controlPlaneClusters", "gateway.istio.io/controller-version",
        "ambient.istio.io/redirection", "ambient.istio.io/waypoint-inbound-binding", "gateway.istio.io/service-account",
        "gateway.istio.io/name-override", "networking.istio.io/service-type", "networking.istio.io/traffic-distribution",
        "istio.io/use-waypoint-canary-weight", "ambient.istio.io/bypass-inbound-capture", "istio.io/reroute-virtual-interfaces",
        "ambient.istio.io/dns-capture", "sidecar.istio.io/statsCompression",
    ];

    /// <summary>True for a key in Istio's domain that Istio does not define; then also the one that was probably meant.</summary>
    public static bool IsMisspelt(string key, out string? meant)
    {
        meant = null;
        int slash = key.IndexOf('/', StringComparison.Ordinal);
        string domain = slash < 0 ? "" : key[..slash];
        bool isIstios = domain == Domain || domain.EndsWith("." + Domain, StringComparison.Ordinal);
        if (!isIstios || domain.StartsWith("internal.", StringComparison.Ordinal) || Names.Contains(key))
            return false;
        meant = EditDistance.Nearest(key, Names);
        return true;
    }
}
