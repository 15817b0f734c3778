using Istio.Networking.V1Alpha3;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation.Networking;

/// <summary>Rules for VirtualService as a whole. One without hosts is a delegate: its HTTP rules are included by another one.</summary>
internal static class VirtualServiceValidator
{
    private const string Mesh = "mesh";

    public static void Check(Scope at, VirtualService service)
    {
        bool isDelegate = service.Hosts.Count == 0;
        bool appliesToMesh = service.Gateways.Count == 0 || service.Gateways.Contains(Mesh);
        if (isDelegate)
            CheckDelegate(at, service);
        else
            CheckHosts(at, service, appliesToMesh);
        GatewayNames(at["gateways"], service.Gateways);
        SelectorRules.ExportTo(at["exportTo"], service.ExportTo, nobodyIsAllowed: false);
        if (service.Http.Count == 0 && service.Tls.Count == 0 && service.Tcp.Count == 0)
            at.Report(RoutingDiagnostics.NoRules, "has no http, tls or tcp rules.", "Write at least one: http: with - route: and a destination.");

        for (int i = 0; i < service.Http.Count; i++)
            HttpRouteRules.Check(at["http"][i], service.Http[i], isDelegate, appliesToMesh);
        for (int i = 0; i < service.Tls.Count; i++)
            LayerFourRules.Tls(at["tls"][i], service.Tls[i], service.Hosts);
        for (int i = 0; i < service.Tcp.Count; i++)
            LayerFourRules.Tcp(at["tcp"][i], service.Tcp[i]);
        RouteReachability.Check(at["http"], service.Http);
    }

    public static void GatewayNames(Scope at, IReadOnlyList<string> gateways)
    {
        for (int i = 0; i < gateways.Count; i++)
        {
            string[] parts = gateways[i].Split('/');
            if (gateways[i] != Mesh && (parts.Length > 2 || !parts.All(Names.IsFqdn)))
                at[i].Report(ValueDiagnostics.GatewayName, $"cannot be \"{gateways[i]}\".", "Write mesh, the name of a Gateway, or namespace/name.");
        }
    }

    private static void CheckDelegate(Scope at, VirtualService service)
    {
        foreach ((string field, bool isSet) in new[] { ("gateways", service.Gateways.Count > 0), ("tls", service.Tls.Count > 0), ("tcp", service.Tcp.Count > 0) })
        {
            if (isSet)
                at[field].Report(RoutingDiagnostics.Delegate, "is not allowed without hosts: a VirtualService without hosts is a delegate.", "Write hosts, or leave the field out.");
        }
    }

    private static void CheckHosts(Scope at, VirtualService service, bool appliesToMesh)
    {
        HashSet<string> earlier = new(StringComparer.OrdinalIgnoreCase);
        List<string> wildcards = [];
        for (int i = 0; i < service.Hosts.Count; i++)
        {
            string host = service.Hosts[i];
            Scope place = at["hosts"][i];
            if (host == "*" && appliesToMesh)
                place.Report(RoutingDiagnostics.MeshWildcard, "cannot be \"*\" for clients inside the mesh.", "Name the service, or bind the VirtualService to a gateway only: gateways: [my-gateway].");
            else if (!Names.IsIpAddress(host))
                ValueRules.WildcardHost(place.Here(), host);
            bool isWildcard = host.StartsWith('*');
            if (!earlier.Add(host))
                place.Report(ValueDiagnostics.Duplicate, $"repeats \"{host}\".", "Remove one of them.");
            else if (Overlapping(host, isWildcard ? earlier.Where(h => h != host) : wildcards) is { } other)
                place.Report(ValueDiagnostics.Duplicate, $"overlaps with \"{other}\" in the same VirtualService.", "Keep the wider one, or split the VirtualService.");
            if (isWildcard)
                wildcards.Add(host);
        }
    }

    private static string? Overlapping(string host, IEnumerable<string> others) =>
        others.FirstOrDefault(other => HostPatterns.Covers(host, other) || HostPatterns.Covers(other, host));
}
