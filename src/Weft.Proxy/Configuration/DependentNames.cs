using Weft.Proxy.Identity;
using Weft.Proxy.Model;

namespace Weft.Proxy.Configuration;

/// <summary>The names that accepted clusters and listeners refer to: what discovery must subscribe to.</summary>
/// <param name="Endpoints">EDS.</param>
/// <param name="Routes">RDS.</param>
/// <param name="Secrets">SDS, without those that this process has itself.</param>
/// <param name="Files">Secrets that this process reads from files (<see cref="FileSecrets"/>).</param>
public sealed record DependentNames(IReadOnlySet<string> Endpoints, IReadOnlySet<string> Routes, IReadOnlySet<string> Secrets, IReadOnlySet<string> Files)
{
    /// <summary>Istio's name for a certificate that the proxy's own agent serves.</summary>
    private const string OwnCertificate = "default";

    /// <summary>Istio's name for the roots that the proxy's own agent serves.</summary>
    private const string OwnRoots = "ROOTCA";

    internal static DependentNames Of(
        IReadOnlySet<string> endpoints, IEnumerable<ClusterModel> clusters, IEnumerable<ListenerModel?> listeners, Predicate<string> isLocal)
    {
        var routes = new HashSet<string>(StringComparer.Ordinal);
        var secrets = new HashSet<string>(StringComparer.Ordinal);
        foreach (var listener in listeners)
        {
            if (listener is not null)
            {
                routes.UnionWith(RoutesOf(listener));
                foreach (var chain in ChainsOf(listener))
                {
                    Add(secrets, chain.Tls);
                }
            }
        }

        foreach (var cluster in clusters)
        {
            Add(secrets, cluster.Tls);
            foreach (var match in cluster.TransportSocketMatches)
            {
                Add(secrets, match.Tls);
            }
        }

        HashSet<string> files = secrets.Where(FileSecrets.IsFile).ToHashSet(StringComparer.Ordinal);
        secrets.RemoveWhere(name => name is OwnCertificate or OwnRoots || files.Contains(name) || isLocal(name));
        return new DependentNames(endpoints, routes, secrets, files);
    }

    internal static IEnumerable<string> RoutesOf(ListenerModel listener) =>
        ChainsOf(listener).Select(c => (c.Terminal as HttpConnectionManagerModel)?.RouteConfigName).OfType<string>();

    private static IEnumerable<FilterChainModel> ChainsOf(ListenerModel listener) =>
        listener.DefaultFilterChain is null ? listener.FilterChains : listener.FilterChains.Append(listener.DefaultFilterChain);

    private static void Add(HashSet<string> secrets, CommonTlsModel? tls)
    {
        if (tls is not null)
        {
            secrets.UnionWith(tls.CertificateSecretNames);
            if (tls.ValidationSecretName is not null)
            {
                secrets.Add(tls.ValidationSecretName);
            }

            if (tls.Validation?.CrlFile is { } list)
            {
                secrets.Add(FileSecrets.ListName(list));
            }
        }
    }
}
