using Istio.Networking.V1Alpha3;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation.Networking;

/// <summary>Rules for Sidecar: its inbound and outbound listeners.</summary>
internal static class SidecarValidator
{
    private const string UnixPrefix = "unix://";
    private static readonly string[] LocalAddresses = ["", "127.0.0.1", "0.0.0.0", "[::1]", "[::]"];

    public static void Check(Scope at, Sidecar sidecar)
    {
        SelectorRules.Workloads(at["workloadSelector"], sidecar.WorkloadSelector);
        if (sidecar is { Ingress.Count: 0, Egress.Count: 0, OutboundTrafficPolicy: null, InboundConnectionPool: null })
            at.Report(ValueDiagnostics.EmptyBlock, "says nothing about its workloads.", "Set ingress, egress, outboundTrafficPolicy or inboundConnectionPool.");
        HashSet<uint> ports = [];
        for (int i = 0; i < sidecar.Ingress.Count; i++)
            Ingress(at["ingress"][i], sidecar.Ingress[i], ports);
        ports.Clear();
        for (int i = 0; i < sidecar.Egress.Count; i++)
            Egress(at["egress"][i], sidecar.Egress[i], ports, isLast: i == sidecar.Egress.Count - 1);
        if (sidecar.InboundConnectionPool is { } pool)
            ConnectionPoolRules.Check(at["inboundConnectionPool"], pool);
        if (sidecar.OutboundTrafficPolicy?.EgressProxy is { } proxy)
        {
            Scope place = at["outboundTrafficPolicy"]["egressProxy"];
            if (sidecar.OutboundTrafficPolicy.Mode != OutboundTrafficPolicy.Types.Mode.AllowAny)
                place.Report(ValueDiagnostics.NotAllowed, "needs mode: ALLOW_ANY.", "Set the mode, or remove the proxy.");
            HttpRouteRules.Destination(place, proxy);
        }
    }

    private static void Ingress(Scope at, IstioIngressListener listener, HashSet<uint> ports)
    {
        if (listener.Port is null)
        {
            at["port"].Report(ValueDiagnostics.Required, "is required.", "Write port: {number: 9080, protocol: HTTP, name: http}.");
        }
        else
        {
            Port(at["port"], listener.Port);
            if (!ports.Add(listener.Port.Number))
                at["port"]["number"].Report(ValueDiagnostics.Duplicate, $"repeats the port {listener.Port.Number}.", "Each port has one listener.");
        }
        if (listener.Bind.Length > 0)
            ValueRules.IpAddress(at["bind"], listener.Bind);
        if (listener.DefaultEndpoint.Length > 0)
            DefaultEndpoint(at["defaultEndpoint"], listener.DefaultEndpoint);
        if (listener.Tls is { } tls)
            IngressTls(at["tls"], tls, listener.Port?.Protocol ?? "");
        if (listener.ConnectionPool is { } pool)
            ConnectionPoolRules.Check(at["connectionPool"], pool);
    }

    private static void Egress(Scope at, IstioEgressListener listener, HashSet<uint> ports, bool isLast)
    {
        bool isUnix = listener.Bind.StartsWith(UnixPrefix, StringComparison.Ordinal);
        if (listener.Port is null && !isLast)
            at.Report(TrafficDiagnostics.SidecarListener, "takes all outbound traffic, but is not the last egress listener.", "Move the listener without port to the end.");
        if (listener.Port is { } port)
        {
            if (isUnix && port.Number != 0)
                at["port"]["number"].Report(TrafficDiagnostics.SidecarListener, "must be 0 when bind is a Unix socket.", "Write number: 0.");
            else if (!isUnix)
                Port(at["port"], port);
            if (!isUnix && !ports.Add(port.Number))
                at["port"]["number"].Report(ValueDiagnostics.Duplicate, $"repeats the port {port.Number}.", "Each port has one listener.");
        }
        if (listener.Bind.Length > 0 && !isUnix)
            ValueRules.IpAddress(at["bind"], listener.Bind);
        if (listener.Hosts.Count == 0)
            at["hosts"].Report(ValueDiagnostics.Required, "is required.", "Write hosts: [\"./*\"] for the own namespace.");
        for (int i = 0; i < listener.Hosts.Count; i++)
            EgressHost(at["hosts"][i], listener.Hosts[i]);
    }

    private static void Port(Scope at, SidecarPort port)
    {
        ValueRules.Port(at["number"], port.Number);
        if (port.Protocol.Length > 0)
            ValueRules.Protocol(at["protocol"], port.Protocol);
        if (port.Name.Length > 0)
            ValueRules.DnsLabel(at["name"], port.Name);
        if (port.TargetPort != 0)
            at["targetPort"].Report(ValueDiagnostics.NotAllowed, "is not allowed on a sidecar.", "Use defaultEndpoint.");
    }

    private static void EgressHost(Scope at, string host)
    {
        int slash = host.IndexOf('/', StringComparison.Ordinal);
        string space = slash < 0 ? "" : host[..slash], name = host[(slash + 1)..];
        string plain = space.StartsWith('~') && space.Length > 1 ? space[1..] : space;
        bool spaceFits = plain is "*" or "." or "~" || Names.IsDnsLabel(plain);
        if (slash < 0 || !spaceFits || !Names.IsWildcardHost(name))
            at.Report(TrafficDiagnostics.SidecarHost, $"is \"{host}\".", "Write namespace/host, where the namespace may be *, . or ~: ./*, istio-system/*, */reviews.default.svc.cluster.local.");
    }

    private static void DefaultEndpoint(Scope at, string endpoint)
    {
        if (endpoint.StartsWith(UnixPrefix, StringComparison.Ordinal))
        {
            if (!endpoint[UnixPrefix.Length..].StartsWith('/') && !endpoint[UnixPrefix.Length..].StartsWith('@'))
                at.Report(ValueDiagnostics.Address, "must name an absolute path.", "Write unix:///run/my.sock.");
            return;
        }
        int colon = endpoint.LastIndexOf(':');
        bool fits = colon >= 0 && LocalAddresses.Contains(endpoint[..colon]) && int.TryParse(endpoint[(colon + 1)..], out int port) && port is > 0 and <= 65535;
        if (!fits)
            at.Report(ValueDiagnostics.Address, $"is \"{endpoint}\".", "Write 127.0.0.1:8080, 0.0.0.0:8080 (the workload's own address), their IPv6 forms, or unix:///path.");
    }

    private static void IngressTls(Scope at, ServerTLSSettings tls, string protocol)
    {
        if (protocol.ToUpperInvariant() is not ("HTTPS" or "TLS"))
            at.Report(TrafficDiagnostics.ServerTls, "needs the port's protocol to be HTTPS or TLS.", "Write protocol: HTTPS.");
        if (tls.Mode is ServerTLSSettings.Types.TLSmode.IstioMutual or ServerTLSSettings.Types.TLSmode.AutoPassthrough)
            at["mode"].Report(TrafficDiagnostics.ServerTls, "cannot be ISTIO_MUTUAL or AUTO_PASSTHROUGH at a sidecar.", "Mutual TLS between workloads is PeerAuthentication's.");
        foreach ((string field, bool isSet) in new[]
        {
            ("httpsRedirect", tls.HttpsRedirect), ("credentialName", tls.CredentialName.Length > 0), ("credentialNames", tls.CredentialNames.Count > 0),
            ("subjectAltNames", tls.SubjectAltNames.Count > 0), ("tlsCertificates", tls.TlsCertificates.Count > 0),
        })
        {
            if (isSet)
                at[field].Report(TrafficDiagnostics.ServerTls, "is not allowed at a sidecar.", "Use serverCertificate and privateKey.");
        }
        if (tls.CredentialName.Length == 0 && tls.CredentialNames.Count == 0 && tls.TlsCertificates.Count == 0)
            ServerTlsRules.Check(at, tls);
    }
}
