using Istio.Networking.Nds.V1;
using Weft.Control.Discovery.Registry;
using Weft.Control.Discovery.Translation.Routes;

namespace Weft.Control.Discovery.Translation;

/// <summary>The host names that a workload can dial and at which addresses: for the proxy's DNS, a hosts file, or environment variables.</summary>
public static class NameTables
{
    /// <summary>The table as one proxy's workload sees the mesh.</summary>
    public static NameTable Build(Snapshot.MeshSnapshot snapshot, ProxyDescription proxy) => Build(new ProxyContext(snapshot, proxy));

    internal static NameTable Build(ProxyContext context)
    {
        NameTable table = new();
        foreach (ServiceModel service in context.Services.OrderBy(service => service.Hostname, StringComparer.Ordinal))
        {
            List<string> addresses = [.. AddressesOf(context, service)];
            if (addresses.Count == 0 || HostNames.IsWildcard(service.Hostname))
                continue;
            NameTable.Types.NameInfo info = new()
            {
                Registry = service.Origin == ServiceOrigin.ServiceEntry ? "External" : "Kubernetes",
                Shortname = service.Name,
                Namespace = service.Namespace,
            };
            info.Ips.AddRange(addresses);
            if (service.Origin != ServiceOrigin.ServiceEntry)
                info.AltHosts.AddRange(VirtualHostDomains.ShortNames(service.Hostname, context.DnsDomain));
            table.Table[service.Hostname] = info;
        }

        return table;
    }

    private static IEnumerable<string> AddressesOf(ProxyContext context, ServiceModel service)
    {
        if (service.Headless && !context.IsLoopback)
            return context.Snapshot.Registry.EndpointsOf(service).Where(endpoint => endpoint.Healthy).Select(endpoint => endpoint.Address).Distinct();
        return context.AddressesOf(service).Where(address => !address.Contains('/', StringComparison.Ordinal));
    }
}
