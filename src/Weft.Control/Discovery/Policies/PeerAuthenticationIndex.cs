using Istio.Security.V1Beta1;
using Weft.Control.Configuration;

namespace Weft.Control.Discovery.Policies;

/// <summary>
/// The mutual TLS mode of a workload's port: the workload's policy, else its namespace's, else the root namespace's, else the
/// default. UNSET inherits; of several policies of one scope the oldest wins. Source: Istio PeerAuthentication.
/// </summary>
public sealed class PeerAuthenticationIndex(ConfigSet config, string rootNamespace, MutualTlsMode defaultMode)
{
    /// <summary>The mode for <paramref name="port"/>, which is the workload's own port, not the service's.</summary>
    public MutualTlsMode ModeFor(string ns, IReadOnlyDictionary<string, string> labels, int port)
    {
        MutualTlsMode inherited = Own(FirstGeneral(rootNamespace)) ?? defaultMode;
        if (ns != rootNamespace)
            inherited = Own(FirstGeneral(ns)) ?? inherited;

        foreach (ConfigResource<PeerAuthentication> policy in config.PeerAuthentications)
        {
            if (policy.Namespace != ns || policy.Spec.Selector is not { MatchLabels.Count: > 0 } selector)
                continue;
            if (!selector.MatchLabels.All(pair => labels.TryGetValue(pair.Key, out string? value) && value == pair.Value))
                continue;
            MutualTlsMode workload = Own(policy.Spec) ?? inherited;
            return policy.Spec.PortLevelMtls.TryGetValue((uint)port, out PeerAuthentication.Types.MutualTLS? onPort)
                ? Mode(onPort.Mode) ?? workload
                : workload;
        }

        return inherited;
    }

    private PeerAuthentication? FirstGeneral(string ns) => config.PeerAuthentications
        .FirstOrDefault(policy => policy.Namespace == ns && policy.Spec.Selector is not { MatchLabels.Count: > 0 })?.Spec;

    private static MutualTlsMode? Own(PeerAuthentication? policy) => policy?.Mtls is { } mtls ? Mode(mtls.Mode) : null;

    private static MutualTlsMode? Mode(PeerAuthentication.Types.MutualTLS.Types.Mode mode) => mode switch
    {
        PeerAuthentication.Types.MutualTLS.Types.Mode.Disable => MutualTlsMode.Disable,
        PeerAuthentication.Types.MutualTLS.Types.Mode.Permissive => MutualTlsMode.Permissive,
        PeerAuthentication.Types.MutualTLS.Types.Mode.Strict => MutualTlsMode.Strict,
        _ => null,
    };
}
