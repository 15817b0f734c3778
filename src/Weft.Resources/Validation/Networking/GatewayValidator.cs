using Istio.Networking.V1Alpha3;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation.Networking;

/// <summary>Rules for Istio's Gateway: its servers, their ports, hosts and TLS.</summary>
internal static class GatewayValidator
{
    private const string UnixPrefix = "unix://";

    public static void Check(Scope at, Gateway gateway)
    {
        if (gateway.Servers.Count == 0)
            at["servers"].Report(ValueDiagnostics.Required, "is required.", "Write servers: with a port and hosts.");
        HashSet<string> portNames = [];
        for (int i = 0; i < gateway.Servers.Count; i++)
        {
            Scope place = at["servers"][i];
            CheckServer(place, gateway.Servers[i]);
            if (gateway.Servers[i].Port is { Name.Length: > 0 } port && !portNames.Add(port.Name))
                place["port"]["name"].Report(ValueDiagnostics.Duplicate, $"repeats the port name \"{port.Name}\".", "Give each server's port its own name, such as https-bookshop.");
        }
    }

    private static void CheckServer(Scope at, Server server)
    {
        bool isUnix = server.Bind.StartsWith(UnixPrefix, StringComparison.Ordinal);
        if (server.Port is null)
            at["port"].Report(ValueDiagnostics.Required, "is required.", "Write port: {number: 80, name: http, protocol: HTTP}.");
        else
            CheckPort(at["port"], server.Port, isUnix);
        if (server.Bind.Length > 0 && !isUnix)
            ValueRules.IpAddress(at["bind"], server.Bind);
        if (server.Hosts.Count == 0)
            at["hosts"].Report(ValueDiagnostics.Required, "is required.", "Write hosts: [\"*\"] or the names to serve.");
        for (int i = 0; i < server.Hosts.Count; i++)
            CheckHost(at["hosts"][i], server.Hosts[i]);
        if (server.Name.Length > 0)
            ValueRules.DnsLabel(at["name"], server.Name);
        if (server.DefaultEndpoint.Length > 0)
            at["defaultEndpoint"].Report(ValueDiagnostics.NoEffect, "has no effect on a gateway.", "Remove it; route with a VirtualService.");
        CheckTls(at, server);
    }

    private static void CheckPort(Scope at, Port port, bool isUnix)
    {
        ValueRules.Required(at["name"], port.Name, "name: http");
        if (ValueRules.Required(at["protocol"], port.Protocol, "protocol: HTTP"))
            ValueRules.Protocol(at["protocol"], port.Protocol);
        if (isUnix && port.Number != 0)
            at["number"].Report(TrafficDiagnostics.ServerPort, "must be 0 when bind is a Unix socket.", "Write number: 0.");
        else if (!isUnix)
            ValueRules.Port(at["number"], port.Number);
        if (port.TargetPort != 0)
            at["targetPort"].Report(ValueDiagnostics.NotAllowed, "is not allowed on a gateway.", "Remove it.");
    }

    private static void CheckHost(Scope at, string host)
    {
        int slash = host.IndexOf('/', StringComparison.Ordinal);
        string space = slash < 0 ? "*" : host[..slash], name = host[(slash + 1)..];
        if (space is not ("*" or ".") && !Names.IsDnsLabel(space))
            at.Report(ValueDiagnostics.Host, $"has the namespace \"{space}\", which is not valid.", "Write namespace/host, */host or ./host.");
        if (name.StartsWith('*') && name != "*" && !name.StartsWith("*.", StringComparison.Ordinal))
            at.Report(ValueDiagnostics.Host, $"cannot be \"{host}\": on a gateway * stands for a whole label.", "Write *.example.com.");
        else if (!Names.IsIpAddress(name))
            ValueRules.WildcardHost(at.Here(), name);
    }

    private static void CheckTls(Scope at, Server server)
    {
        string protocol = server.Port?.Protocol.ToUpperInvariant() ?? "";
        if (server.Tls is null)
        {
            if (protocol is "HTTPS" or "TLS")
                at["tls"].Report(TrafficDiagnostics.ServerTls, $"is required for the protocol {protocol}.", "Write tls: {mode: SIMPLE, credentialName: my-certificate}.");
            return;
        }
        bool redirectsOnly = server.Tls.Equals(new ServerTLSSettings { HttpsRedirect = server.Tls.HttpsRedirect });
        if (protocol is "HTTP" or "HTTP2" or "GRPC" or "GRPC-WEB" && !redirectsOnly)
            at["tls"].Report(TrafficDiagnostics.ServerTlsIgnored, $"is not used with the protocol {protocol}.", "Write protocol: HTTPS, or keep only httpsRedirect.");
        else if (!redirectsOnly || protocol is "HTTPS" or "TLS")
            ServerTlsRules.Check(at["tls"], server.Tls);
    }
}
