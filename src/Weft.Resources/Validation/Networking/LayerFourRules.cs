using Google.Protobuf.Collections;
using Istio.Networking.V1Alpha3;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation.Networking;

/// <summary>Rules for the TLS and TCP rules of a VirtualService.</summary>
internal static class LayerFourRules
{
    public static void Tls(Scope at, TLSRoute route, IReadOnlyList<string> hosts)
    {
        if (route.Match.Count == 0)
            at["match"].Report(ValueDiagnostics.Required, "is required.", "Write match: with - sniHosts: [my-host].");
        for (int i = 0; i < route.Match.Count; i++)
        {
            TLSMatchAttributes match = route.Match[i];
            Scope place = at["match"][i];
            if (match.SniHosts.Count == 0)
                place["sniHosts"].Report(ValueDiagnostics.Required, "is required.", "Write sniHosts: [my-host].");
            for (int j = 0; j < match.SniHosts.Count; j++)
                SniHost(place["sniHosts"][j], match.SniHosts[j], hosts);
            Subnets(place["destinationSubnets"], match.DestinationSubnets);
            ValueRules.OptionalPort(place["port"], match.Port);
            LabelRules.CheckAll(place["sourceLabels"], match.SourceLabels, ValueDiagnostics.Label);
            VirtualServiceValidator.GatewayNames(place["gateways"], match.Gateways);
            if (match.SourceNamespace.Length > 0)
                ValueRules.DnsLabel(place["sourceNamespace"], match.SourceNamespace);
        }
        Destinations(at, route.Route);
    }

    public static void Tcp(Scope at, TCPRoute route)
    {
        for (int i = 0; i < route.Match.Count; i++)
        {
            L4MatchAttributes match = route.Match[i];
            Scope place = at["match"][i];
            Subnets(place["destinationSubnets"], match.DestinationSubnets);
            ValueRules.Deprecated(place["sourceSubnet"], match.SourceSubnet.Length > 0, "sourceLabels or sourceNamespace");
            if (match.SourceSubnet.Length > 0)
                ValueRules.AddressOrSubnet(place["sourceSubnet"], match.SourceSubnet);
            ValueRules.OptionalPort(place["port"], match.Port);
            LabelRules.CheckAll(place["sourceLabels"], match.SourceLabels, ValueDiagnostics.Label);
            VirtualServiceValidator.GatewayNames(place["gateways"], match.Gateways);
            if (match.SourceNamespace.Length > 0)
                ValueRules.DnsLabel(place["sourceNamespace"], match.SourceNamespace);
        }
        Destinations(at, route.Route);
    }

    private static void SniHost(Scope at, string sni, IReadOnlyList<string> hosts)
    {
        if (Names.IsIpAddress(sni))
        {
            at.Report(ValueDiagnostics.NoEffect, $"is the address {sni}; clients send no address as server name.", "Write the host name that clients use.");
            return;
        }
        ValueRules.WildcardHost(at.Here(), sni);
        if (!hosts.Any(host => HostPatterns.Covers(host, sni)))
            at.Report(RoutingDiagnostics.SniHost, $"names \"{sni}\", which hosts does not cover.", "Add it to spec.hosts, or correct the name.");
    }

    private static void Subnets(Scope at, RepeatedField<string> subnets)
    {
        for (int i = 0; i < subnets.Count; i++)
            ValueRules.AddressOrSubnet(at[i], subnets[i]);
    }

    private static void Destinations(Scope at, RepeatedField<RouteDestination> route)
    {
        if (route.Count == 0)
            at["route"].Report(ValueDiagnostics.Required, "is required.", "Write route: with - destination: {host: my-service}.");
        for (int i = 0; i < route.Count; i++)
            HttpRouteRules.Destination(at["route"][i]["destination"], route[i].Destination);
        HttpRouteRules.Weights(at["route"], [.. route.Select(r => r.Weight)]);
    }
}
