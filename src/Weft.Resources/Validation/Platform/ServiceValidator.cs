using Kubernetes.Core.V1;
using Kubernetes.Discovery.V1;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation.Platform;

/// <summary>Rules for Kubernetes' Service, EndpointSlice and Endpoints, as its API server has them.</summary>
internal static class ServiceValidator
{
    private const string ExternalName = "ExternalName";
    private static readonly string[] PortProtocols = ["http", "http2", "https", "grpc", "grpc-web", "tcp", "tls", "udp", "mongo", "mysql", "redis"];

    public static void Check(Scope at, ServiceSpec service)
    {
        if (service.Type.Length > 0)
            ValueRules.OneOf(at["type"], service.Type, "ClusterIP", "NodePort", "LoadBalancer", ExternalName);
        if (service.Type == ExternalName)
        {
            if (ValueRules.Required(at["externalName"], service.ExternalName, "externalName: db.example.com"))
                ValueRules.Fqdn(at["externalName"], service.ExternalName);
        }
        else if (service.Ports.Count == 0 && service.ClusterIp != "None")
        {
            at["ports"].Report(ValueDiagnostics.Required, "is required.", "Write ports: with - {name: http, port: 80}.");
        }
        ClusterIp(at["clusterIP"], service.ClusterIp);
        for (int i = 0; i < service.ClusterIps.Count; i++)
            ClusterIp(at["clusterIPs"][i], service.ClusterIps[i]);
        for (int i = 0; i < service.ExternalIps.Count; i++)
            ValueRules.IpAddress(at["externalIPs"][i], service.ExternalIps[i]);
        CheckPorts(at["ports"], service);
        LabelRules.CheckAll(at["selector"], service.Selector, ValueDiagnostics.Label);
        if (service.SessionAffinity.Length > 0)
            ValueRules.OneOf(at["sessionAffinity"], service.SessionAffinity, "None", "ClientIP");
        if (service.InternalTrafficPolicy.Length > 0)
            ValueRules.OneOf(at["internalTrafficPolicy"], service.InternalTrafficPolicy, "Cluster", "Local");
        if (service.ExternalTrafficPolicy.Length > 0)
            ValueRules.OneOf(at["externalTrafficPolicy"], service.ExternalTrafficPolicy, "Cluster", "Local");
    }

    public static void Check(Scope at, EndpointSlice slice)
    {
        if (ValueRules.Required(at["addressType"], slice.AddressType, "addressType: IPv4"))
            ValueRules.OneOf(at["addressType"], slice.AddressType, "IPv4", "IPv6", "FQDN");
        for (int i = 0; i < slice.Endpoints.Count; i++)
        {
            if (slice.Endpoints[i].Addresses.Count == 0)
                at["endpoints"][i]["addresses"].Report(ValueDiagnostics.Required, "is required.", "Write addresses: [10.0.0.5].");
            for (int j = 0; j < slice.Endpoints[i].Addresses.Count; j++)
                Address(at["endpoints"][i]["addresses"][j], slice.Endpoints[i].Addresses[j], slice.AddressType);
        }
        HashSet<string> names = [];
        for (int i = 0; i < slice.Ports.Count; i++)
        {
            Kubernetes.Discovery.V1.EndpointPort port = slice.Ports[i];
            if (port.Port is { } number)
                ValueRules.Port(at["ports"][i]["port"], number);
            PortName(at["ports"][i]["name"], port.Name, isRequired: false, names);
            TransportProtocol(at["ports"][i]["protocol"], port.Protocol);
        }
    }

    public static void Check(Scope at, Endpoints endpoints)
    {
        for (int i = 0; i < endpoints.Subsets.Count; i++)
        {
            EndpointSubset subset = endpoints.Subsets[i];
            Scope place = at["subsets"][i];
            for (int j = 0; j < subset.Addresses.Count; j++)
                ValueRules.IpAddress(place["addresses"][j]["ip"], subset.Addresses[j].Ip);
            for (int j = 0; j < subset.NotReadyAddresses.Count; j++)
                ValueRules.IpAddress(place["notReadyAddresses"][j]["ip"], subset.NotReadyAddresses[j].Ip);
            HashSet<string> names = [];
            for (int j = 0; j < subset.Ports.Count; j++)
            {
                ValueRules.Port(place["ports"][j]["port"], subset.Ports[j].Port);
                PortName(place["ports"][j]["name"], subset.Ports[j].Name, isRequired: subset.Ports.Count > 1, names);
                TransportProtocol(place["ports"][j]["protocol"], subset.Ports[j].Protocol);
            }
        }
    }

    private static void CheckPorts(Scope at, ServiceSpec service)
    {
        HashSet<string> names = [];
        HashSet<(int, string)> numbers = [];
        for (int i = 0; i < service.Ports.Count; i++)
        {
            Kubernetes.Core.V1.ServicePort port = service.Ports[i];
            ValueRules.Port(at[i]["port"], port.Port);
            if (!numbers.Add((port.Port, port.Protocol.Length == 0 ? "TCP" : port.Protocol)))
                at[i]["port"].Report(ValueDiagnostics.Duplicate, $"repeats the port {port.Port}.", "Remove one of them.");
            PortName(at[i]["name"], port.Name, isRequired: service.Ports.Count > 1, names);
            TransportProtocol(at[i]["protocol"], port.Protocol);
            CheckNaming(at[i]["name"], port, service.Type == ExternalName);
            ValueRules.OptionalPort(at[i]["nodePort"], port.NodePort);
            switch (port.TargetPort?.KindCase)
            {
                case Kubernetes.Meta.V1.IntOrString.KindOneofCase.IntValue:
                    ValueRules.OptionalPort(at[i]["targetPort"], port.TargetPort.IntValue);
                    break;
                case Kubernetes.Meta.V1.IntOrString.KindOneofCase.StringValue:
                    ValueRules.DnsLabel(at[i]["targetPort"], port.TargetPort.StringValue);
                    break;
            }
        }
    }

    /// <summary>The protocol of a port is its appProtocol, else the beginning of its name, else it is found out by looking.</summary>
    private static void CheckNaming(Scope at, Kubernetes.Core.V1.ServicePort port, bool isExternal)
    {
        if (port.AppProtocol.Length > 0 || port.Protocol is "UDP" or "SCTP")
            return;
        string named = PortProtocols.FirstOrDefault(p => port.Name == p || port.Name.StartsWith(p + "-", StringComparison.Ordinal)) ?? "";
        if (isExternal && (named is "" or "tcp"))
            at.Report(TrafficDiagnostics.ExternalNamePort, "does not name a protocol that carries the host.", "Name it for example https or http-api.");
        else if (port.Name.Length > 0 && named.Length == 0)
            at.Report(TrafficDiagnostics.PortNaming, $"is \"{port.Name}\", which says nothing of the protocol.", $"Write http-{port.Name}, tcp-{port.Name} or the like, or set appProtocol.");
    }

    private static void ClusterIp(Scope at, string address)
    {
        if (address is not ("" or "None"))
            ValueRules.IpAddress(at.Here(), address);
    }

    private static void Address(Scope at, string address, string type)
    {
        if (type == "FQDN")
            ValueRules.Fqdn(at.Here(), address);
        else if (!Names.IsIpAddress(address) || address.Contains(':', StringComparison.Ordinal) != (type == "IPv6"))
            at.Report(ValueDiagnostics.Address, $"is no {(type.Length == 0 ? "IP" : type)} address: \"{address}\".", "The address must be of the slice's addressType.");
    }

    private static void PortName(Scope at, string name, bool isRequired, HashSet<string> seen)
    {
        if (isRequired)
            ValueRules.Required(at.Here(), name, "name: http (with several ports each needs a name)");
        if (name.Length > 0 && !Names.IsKubernetesLabel(name))
            at.Report(ValueDiagnostics.Name, $"cannot be \"{name}\".", "Use lower-case letters, digits and -, such as http-web.");
        if (name.Length > 0 && !seen.Add(name))
            at.Report(ValueDiagnostics.Duplicate, $"repeats the port name \"{name}\".", "Give each port its own name.");
    }

    private static void TransportProtocol(Scope at, string protocol)
    {
        if (protocol is not ("" or "TCP" or "UDP" or "SCTP"))
            at.Report(ValueDiagnostics.Protocol, $"is \"{protocol}\".", "Here it is TCP, UDP or SCTP; what is spoken over it belongs in the port's name (http-web) or appProtocol.");
    }
}
