using Istio.Networking.V1Alpha3;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation.Networking;

/// <summary>Rules for ServiceEntry: what its resolution allows, and how ports tell hosts apart.</summary>
internal static class ServiceEntryValidator
{
    private const int MaxHosts = 256, MaxAddresses = 256, MaxPorts = 256, MaxEndpoints = 4096;
    private static readonly string[] AnonymousProtocols = ["", "tcp", "udp", "mongo", "redis", "mysql"];

    public static void Check(Scope at, ServiceEntry entry)
    {
        if (entry.Hosts.Count == 0)
            at["hosts"].Report(ValueDiagnostics.Required, "is required.", "Write hosts: [api.example.com].");
        ValueRules.Limit(at["hosts"], entry.Hosts.Count, MaxHosts, "hosts");
        for (int i = 0; i < entry.Hosts.Count; i++)
        {
            if (entry.Hosts[i] == "*")
                at["hosts"][i].Report(ValueDiagnostics.Host, "cannot be \"*\" alone.", "Write the host, or *.example.com.");
            else
                ValueRules.WildcardHost(at["hosts"][i], entry.Hosts[i]);
        }
        CheckAddresses(at["addresses"], entry);
        CheckPorts(at, entry);
        ValueRules.AtMostOne(at.Here(), ("endpoints", entry.Endpoints.Count > 0), ("workloadSelector", entry.WorkloadSelector is not null));
        SelectorRules.Workloads(at["workloadSelector"], entry.WorkloadSelector);
        ValueRules.Limit(at["endpoints"], entry.Endpoints.Count, MaxEndpoints, "endpoints");
        for (int i = 0; i < entry.Endpoints.Count; i++)
            CheckEndpoint(at["endpoints"][i], entry.Endpoints[i], entry);
        CheckResolution(at, entry);
        CheckHostsByProtocol(at, entry);
        SelectorRules.ExportTo(at["exportTo"], entry.ExportTo, nobodyIsAllowed: true);
        ValueRules.NoEmptyItems(at["subjectAltNames"], entry.SubjectAltNames);
    }

    private static void CheckAddresses(Scope at, ServiceEntry entry)
    {
        ValueRules.Limit(at.Here(), entry.Addresses.Count, MaxAddresses, "addresses");
        for (int i = 0; i < entry.Addresses.Count; i++)
        {
            ValueRules.AddressOrSubnet(at[i], entry.Addresses[i]);
            if (entry.Addresses[i].Contains('/', StringComparison.Ordinal) && entry.Resolution is not (ServiceEntry.Types.Resolution.None or ServiceEntry.Types.Resolution.Static))
                at[i].Report(TrafficDiagnostics.Resolution, "is a subnet, which only the resolutions NONE and STATIC allow.", "Write one address, or change the resolution.");
        }
    }

    private static void CheckPorts(Scope at, ServiceEntry entry)
    {
        if (entry.Ports.Count == 0)
            at["ports"].Report(ValueDiagnostics.NoEffect, "is missing: no traffic can reach the entry.", "Write ports: with - {number: 443, name: https, protocol: HTTPS}.");
        ValueRules.Limit(at["ports"], entry.Ports.Count, MaxPorts, "ports");
        HashSet<uint> numbers = [];
        HashSet<string> names = [];
        for (int i = 0; i < entry.Ports.Count; i++)
        {
            ServicePort port = entry.Ports[i];
            Scope place = at["ports"][i];
            ValueRules.Port(place["number"], port.Number);
            if (!numbers.Add(port.Number))
                place["number"].Report(ValueDiagnostics.Duplicate, $"repeats the port {port.Number}.", "Remove one of them.");
            if (ValueRules.Required(place["name"], port.Name, "name: https"))
                ValueRules.DnsLabel(place["name"], port.Name);
            if (port.Name.Length > 0 && !names.Add(port.Name))
                place["name"].Report(ValueDiagnostics.Duplicate, $"repeats the port name \"{port.Name}\".", "Give each port its own name.");
            if (port.Protocol.Length > 0)
                ValueRules.Protocol(place["protocol"], port.Protocol);
            ValueRules.OptionalPort(place["targetPort"], port.TargetPort);
        }
    }

    private static void CheckEndpoint(Scope at, WorkloadEntry endpoint, ServiceEntry entry)
    {
        WorkloadEntryValidator.CheckEntry(at, endpoint, addressIsOptional: endpoint.Network.Length > 0);
        foreach (string name in endpoint.Ports.Keys)
        {
            if (entry.Ports.All(p => p.Name != name))
                at["ports"][name].Report(TrafficDiagnostics.Endpoint, $"names the port \"{name}\", which the entry does not have.", $"Ports are {string.Join(", ", entry.Ports.Select(p => p.Name))}.");
        }
        bool isUnix = WorkloadEntryValidator.IsUnix(endpoint.Address);
        if (isUnix && entry.Ports.Count != 1)
            at["address"].Report(TrafficDiagnostics.Endpoint, $"is a socket, which serves one port, but the entry has {entry.Ports.Count}.", "Write one port.");
        if (endpoint.Address.Length == 0)
            return;
        if (entry.Resolution == ServiceEntry.Types.Resolution.Static && !isUnix && !Names.IsIpAddress(endpoint.Address))
            at["address"].Report(TrafficDiagnostics.Resolution, $"is \"{endpoint.Address}\", but the resolution STATIC needs an IP address.", "Write the address, or use resolution: DNS.");
        if (entry.Resolution is ServiceEntry.Types.Resolution.Dns or ServiceEntry.Types.Resolution.DnsRoundRobin && isUnix)
            at["address"].Report(TrafficDiagnostics.Resolution, "is a socket's path, which the resolution DNS cannot use.", "Use resolution: STATIC.");
    }

    private static void CheckResolution(Scope at, ServiceEntry entry)
    {
        switch (entry.Resolution)
        {
            case ServiceEntry.Types.Resolution.None:
                if (entry.Endpoints.Count > 0)
                    at["endpoints"].Report(TrafficDiagnostics.Resolution, "is not allowed with the resolution NONE: the client's address is used.", "Write resolution: STATIC.");
                if (entry.WorkloadSelector is not null)
                    at["workloadSelector"].Report(ValueDiagnostics.NoEffect, "has no effect with the resolution NONE.", "Write resolution: STATIC.");
                break;
            case ServiceEntry.Types.Resolution.Dns or ServiceEntry.Types.Resolution.DnsRoundRobin:
                if (entry.Resolution == ServiceEntry.Types.Resolution.DnsRoundRobin && entry.Endpoints.Count > 1)
                    at["endpoints"].Report(TrafficDiagnostics.Resolution, $"has {entry.Endpoints.Count} items, but DNS_ROUND_ROBIN allows one.", "Use resolution: DNS.");
                if (entry.WorkloadSelector is not null)
                    at["workloadSelector"].Report(ValueDiagnostics.NoEffect, "has no effect with the resolution DNS.", "Write resolution: STATIC.");
                for (int i = 0; i < entry.Hosts.Count && entry.Endpoints.Count == 0 && entry.WorkloadSelector is null; i++)
                {
                    if (entry.Hosts[i].StartsWith('*'))
                        at["hosts"][i].Report(TrafficDiagnostics.Resolution, "has a wildcard, which DNS cannot resolve.", "Write the host, add endpoints, or use resolution: NONE or DYNAMIC_DNS.");
                }
                break;
            case ServiceEntry.Types.Resolution.DynamicDns:
                CheckDynamic(at, entry);
                break;
        }
    }

    private static void CheckDynamic(Scope at, ServiceEntry entry)
    {
        for (int i = 0; i < entry.Hosts.Count; i++)
        {
            if (!entry.Hosts[i].StartsWith('*'))
                at["hosts"][i].Report(TrafficDiagnostics.Resolution, "is no wildcard; DYNAMIC_DNS is for wildcards only.", "Write *.example.com, or use resolution: DNS.");
        }
        foreach ((string field, bool isSet) in new[] { ("addresses", entry.Addresses.Count > 0), ("endpoints", entry.Endpoints.Count > 0), ("workloadSelector", entry.WorkloadSelector is not null) })
        {
            if (isSet)
                at[field].Report(TrafficDiagnostics.Resolution, "is not allowed with the resolution DYNAMIC_DNS.", "Remove it.");
        }
        for (int i = 0; i < entry.Ports.Count; i++)
        {
            if (entry.Ports[i].Protocol.ToUpperInvariant() is not ("HTTP" or "TLS" or "GRPC" or "HTTP2"))
                at["ports"][i]["protocol"].Report(TrafficDiagnostics.Resolution, "must be HTTP, HTTP2, GRPC or TLS with the resolution DYNAMIC_DNS.", "The host's name must be in the request.");
        }
    }

    private static void CheckHostsByProtocol(Scope at, ServiceEntry entry)
    {
        bool hasAnonymousPort = entry.Ports.Any(p => AnonymousProtocols.Contains(p.Protocol, StringComparer.OrdinalIgnoreCase));
        if (entry.Hosts.Count > 1 && hasAnonymousPort && entry.Resolution != ServiceEntry.Types.Resolution.None)
            at["hosts"].Report(TrafficDiagnostics.MultiHost, "has several hosts, but a port whose protocol does not say which host is meant.", "Use HTTP or TLS ports, or one entry for each host.");
        bool hasTcpPort = entry.Ports.Any(p => p.Protocol.ToUpperInvariant() is "" or "TCP");
        bool wildcardOnly = entry.Hosts.Count > 0 && entry.Hosts.All(h => h.StartsWith('*'));
        if (hasTcpPort && entry.Addresses.Count == 0 && (entry.Resolution == ServiceEntry.Types.Resolution.None || wildcardOnly))
        {
            at["addresses"].Report(
                TrafficDiagnostics.AddressesNeeded, "is missing: without an address a TCP port takes the traffic of every other service on that port.",
                "Write addresses: with the service's virtual address.");
        }
    }
}
