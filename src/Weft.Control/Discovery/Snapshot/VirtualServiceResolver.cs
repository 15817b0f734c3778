using System.Collections.Immutable;
using Google.Protobuf.Collections;
using Istio.Networking.V1Alpha3;
using Weft.Control.Configuration;
using Weft.Control.Discovery.Registry;

namespace Weft.Control.Discovery.Snapshot;

/// <summary>Turns VirtualServices into models: short hosts become FQDNs, gateways get their namespace, delegates are merged into their roots.</summary>
internal static class VirtualServiceResolver
{
    /// <summary>All root VirtualServices (those with hosts), the oldest first. A delegate that is unknown or not visible drops its rule.</summary>
    public static ImmutableArray<VirtualServiceModel> Resolve(ConfigSet config, string domainSuffix, IReadOnlyList<string> defaultExportTo)
    {
        List<VirtualServiceModel> roots = [];
        Dictionary<string, VirtualServiceModel> delegates = [];
        foreach (ConfigResource<VirtualService> resource in config.VirtualServices)
        {
            VirtualServiceModel model = ToModel(resource, domainSuffix);
            if (model.Hosts.Length == 0)
                delegates[resource.FullName] = model;
            else
                roots.Add(model);
        }

        return [.. roots.Select(root => root.Spec.Http.Any(route => route.Delegate is not null)
            ? WithDelegates(root, delegates, defaultExportTo)
            : root)];
    }

    private static VirtualServiceModel ToModel(ConfigResource<VirtualService> resource, string domainSuffix)
    {
        VirtualService spec = resource.Spec.Clone();
        string ns = resource.Namespace;
        foreach (HTTPRoute route in spec.Http)
            ResolveHttp(route, ns, domainSuffix);
        foreach (TLSRoute route in spec.Tls)
        {
            foreach (TLSMatchAttributes match in route.Match)
                ResolveGateways(match.Gateways, ns);
            ResolveDestinations(route.Route, ns, domainSuffix);
        }

        foreach (TCPRoute route in spec.Tcp)
        {
            foreach (L4MatchAttributes match in route.Match)
                ResolveGateways(match.Gateways, ns);
            ResolveDestinations(route.Route, ns, domainSuffix);
        }

        IEnumerable<string> gateways = spec.Gateways.Count == 0 ? [VirtualServiceModel.MeshGateway] : spec.Gateways.Select(g => ResolveGateway(g, ns));
        return new VirtualServiceModel
        {
            Namespace = ns,
            Name = resource.Name,
            Hosts = [.. spec.Hosts.Select(host => HostNames.Resolve(host.ToLowerInvariant(), ns, domainSuffix))],
            Gateways = gateways.ToImmutableSortedSet(StringComparer.Ordinal),
            ExportTo = [.. spec.ExportTo],
            Spec = spec,
        };
    }

    private static void ResolveHttp(HTTPRoute route, string ns, string domainSuffix)
    {
        foreach (HTTPMatchRequest match in route.Match)
            ResolveGateways(match.Gateways, ns);
        foreach (HTTPRouteDestination destination in route.Route)
            Resolve(destination.Destination, ns, domainSuffix);
        Resolve(route.Mirror, ns, domainSuffix);
        foreach (HTTPMirrorPolicy mirror in route.Mirrors)
            Resolve(mirror.Destination, ns, domainSuffix);
        if (route.Delegate is { Namespace.Length: 0 } target)
            target.Namespace = ns;
    }

    private static void ResolveDestinations(RepeatedField<RouteDestination> destinations, string ns, string domainSuffix)
    {
        foreach (RouteDestination destination in destinations)
            Resolve(destination.Destination, ns, domainSuffix);
    }

    private static void Resolve(Destination? destination, string ns, string domainSuffix)
    {
        if (destination is not null)
            destination.Host = HostNames.Resolve(destination.Host.ToLowerInvariant(), ns, domainSuffix);
    }

    private static void ResolveGateways(RepeatedField<string> gateways, string ns)
    {
        for (int i = 0; i < gateways.Count; i++)
            gateways[i] = ResolveGateway(gateways[i], ns);
    }

    private static string ResolveGateway(string gateway, string ns) =>
        gateway == VirtualServiceModel.MeshGateway || gateway.Contains('/', StringComparison.Ordinal) ? gateway : $"{ns}/{gateway}";

    private static VirtualServiceModel WithDelegates(
        VirtualServiceModel root, Dictionary<string, VirtualServiceModel> delegates, IReadOnlyList<string> defaultExportTo)
    {
        VirtualService merged = root.Spec.Clone();
        merged.Http.Clear();
        foreach (HTTPRoute route in root.Spec.Http)
        {
            if (route.Delegate is null)
            {
                merged.Http.Add(route);
            }
            else if (delegates.TryGetValue($"{route.Delegate.Namespace}/{route.Delegate.Name}", out VirtualServiceModel? leaf)
                && Visibility.IsVisible(leaf.ExportTo, leaf.Namespace, root.Namespace, defaultExportTo))
            {
                merged.Http.AddRange(DelegateMerge.Merge(route, leaf.Spec.Http));
            }
        }

        return root with { Spec = merged };
    }
}
