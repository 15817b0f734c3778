using System.Collections.Immutable;
using Weft.Control.Discovery.Registry;

namespace Weft.Control.Discovery.Translation.Routes;

/// <summary>
/// The names under which clients in a namespace know a service. For <c>reviews.default.svc.cluster.local</c> from its own namespace:
/// the FQDN, <c>reviews</c>, <c>reviews.default.svc</c>, <c>reviews.default</c> and its addresses.
/// </summary>
internal static class VirtualHostDomains
{
    /// <summary>All names, without ports: the route table ignores ports in host matching.</summary>
    public static List<string> Of(ServiceModel service, ProxyContext context)
    {
        List<string> domains = [service.Hostname, .. ShortNames(service.Hostname, context.DnsDomain)];
        if (service.Resolution == ServiceResolution.Passthrough && service.Origin == ServiceOrigin.Kubernetes)
            domains.AddRange(domains.ConvertAll(domain => "*." + domain));
        foreach (string address in context.AddressesOf(service))
        {
            if (address != "0.0.0.0" && !address.Contains('/', StringComparison.Ordinal))
                domains.Add(address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address);
        }

        return domains;
    }

    /// <summary>The shorter forms that a resolver with the client's search path would complete.</summary>
    public static ImmutableArray<string> ShortNames(string hostname, string dnsDomain)
    {
        int domainSvc = dnsDomain.IndexOf(".svc.", StringComparison.Ordinal);
        int hostSvc = hostname.IndexOf(".svc.", StringComparison.Ordinal);
        if (domainSvc < 0 || hostSvc <= 0 || !hostname.EndsWith(dnsDomain[domainSvc..], StringComparison.Ordinal))
            return [];
        int firstDot = hostname.IndexOf('.', StringComparison.Ordinal);
        if (firstDot + 1 > hostSvc)
            return [];
        string withNamespace = hostname[..hostSvc];
        string ownNamespace = dnsDomain[..domainSvc];
        return hostname[(firstDot + 1)..hostSvc] == ownNamespace
            ? [hostname[..firstDot], withNamespace + ".svc", withNamespace]
            : [withNamespace, withNamespace + ".svc"];
    }
}
