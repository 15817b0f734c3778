using Envoy.Config.Cluster.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Weft.Control.Discovery.Policies;
using Weft.Control.Discovery.Snapshot;
using Weft.Control.Discovery.Translation;

namespace Weft.Control.Tests.Discovery;

/// <summary>Precedence, visibility and merging, and what follows from them for a proxy.</summary>
public sealed class SnapshotTests
{
    private const string Sidecar = """{"type":"sidecar","namespace":"client","ip":"10.0.0.9"}""";

    private const string Services = """
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: server}
        spec: {clusterIP: 10.0.0.1, selector: {app: web}, ports: [{name: http, port: 80}]}
        ---

        """;

    [Fact]
    public void DestinationRule_OfTheClient_GoesBeforeThatOfTheServer()
    {
        MeshSnapshot mesh = Mesh.Of(Services + Rule("client", "web.server.svc.cluster.local", "RANDOM") + Rule("server", "web", "ROUND_ROBIN"));

        Assert.Equal(Cluster.Types.LbPolicy.Random, PolicyOf(mesh, Sidecar));
        Assert.Equal(Cluster.Types.LbPolicy.RoundRobin, PolicyOf(mesh, """{"type":"sidecar","namespace":"third"}"""));
    }

    [Fact]
    public void DestinationRule_Private_IsNotSeenByOthers()
    {
        MeshSnapshot mesh = Mesh.Of(Services + Rule("server", "web", "RANDOM", "exportTo: ['.']"));

        Assert.Equal(Cluster.Types.LbPolicy.LeastRequest, PolicyOf(mesh, Sidecar));
        Assert.Equal(Cluster.Types.LbPolicy.Random, PolicyOf(mesh, """{"type":"sidecar","namespace":"server"}"""));
    }

    [Fact]
    public void DestinationRules_OfOneHost_AreMerged()
    {
        MeshSnapshot mesh = Mesh.Of(Services + """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: a, namespace: server}
            spec: {host: web, subsets: [{name: v1, labels: {v: "1"}}]}
            ---
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: b, namespace: server}
            spec: {host: web, subsets: [{name: v1, labels: {v: "9"}}, {name: v2, labels: {v: "2"}}], trafficPolicy: {loadBalancer: {simple: RANDOM}}}
            """);

        IEnumerable<string> names = mesh.Translate(Sidecar).Clusters.Select(cluster => cluster.Name).Where(name => name.StartsWith("outbound", StringComparison.Ordinal));

        Assert.Equal(
            ["outbound|80||web.server.svc.cluster.local", "outbound|80|v1|web.server.svc.cluster.local", "outbound|80|v2|web.server.svc.cluster.local"], names);
        Assert.Equal(Cluster.Types.LbPolicy.Random, PolicyOf(mesh, Sidecar));
    }

    [Fact]
    public void VirtualServices_OfOneHost_TheOldestWins()
    {
        MeshSnapshot mesh = Mesh.Of(Services + Route("new", "2026-02-01T00:00:00Z", "2s") + Route("old", "2026-01-01T00:00:00Z", "1s"));

        Assert.Equal(1, Assert.Single(HostOf(mesh, "web.server.svc.cluster.local:80").Routes).Route_.Timeout.Seconds);
    }

    [Fact]
    public void VirtualService_WithWildcard_GivesWayToTheExactOne()
    {
        MeshSnapshot mesh = Mesh.Of(Services + Route("all", "2026-01-01T00:00:00Z", "1s", "'*.server.svc.cluster.local'") + Route("exact", "2026-02-01T00:00:00Z", "2s"));

        Assert.Equal(2, Assert.Single(HostOf(mesh, "web.server.svc.cluster.local:80").Routes).Route_.Timeout.Seconds);
    }

    [Fact]
    public void Gateway_VirtualServicesOfOneHost_AreJoined()
    {
        MeshSnapshot mesh = Mesh.Of("""
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: edge}
            spec: {selector: {app: gw}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: a}
            spec: {hosts: [x.com], gateways: [edge], http: [{route: [{destination: {host: a.com, port: {number: 80}}}]}]}
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: b}
            spec: {hosts: [x.com], gateways: [edge], http: [{match: [{uri: {prefix: /b}}], route: [{destination: {host: b.com, port: {number: 80}}}]}]}
            """);

        RouteConfiguration table = Assert.Single(mesh.Translate("""{"type":"router","labels":{"app":"gw"}}""").Routes);
        Assert.Equal(["/b", "/"], Assert.Single(table.VirtualHosts).Routes.Select(route => route.Match.Prefix));
        Assert.Empty(mesh.Translate("""{"type":"router","labels":{"app":"other"}}""").Listeners);
    }

    [Fact]
    public void Service_ForItsOwnNamespaceOnly_IsNotSeenByOthers()
    {
        MeshSnapshot mesh = Mesh.Of("""
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: server, annotations: {networking.istio.io/exportTo: "."}}
            spec: {ports: [{name: http, port: 80}]}
            """);

        Assert.Empty(mesh.ServicesVisibleTo("client"));
        Assert.Single(mesh.ServicesVisibleTo("server"));
    }

    [Theory]
    [InlineData("", MutualTlsMode.Strict, MutualTlsMode.Strict)]
    [InlineData("DISABLE", MutualTlsMode.Strict, MutualTlsMode.Disable)]
    [InlineData("UNSET", MutualTlsMode.Permissive, MutualTlsMode.Permissive)]
    public void PeerAuthentication_OfANamespace_OverridesTheDefault(string mode, MutualTlsMode fallback, MutualTlsMode expected)
    {
        string policy = mode.Length == 0 ? "" : $$$"""
            apiVersion: security.istio.io/v1
            kind: PeerAuthentication
            metadata: {name: default, namespace: server}
            spec: {mtls: {mode: {{{mode}}}}}
            """;
        MeshSnapshot mesh = Mesh.Of(MeshOptions.Istio with { DefaultMtlsMode = fallback }, policy);

        Assert.Equal(expected, mesh.PeerAuthentication.ModeFor("server", new Dictionary<string, string>(), 80));
    }

    [Fact]
    public void StrictMesh_InboundPort_TakesMutualTlsOnly()
    {
        MeshSnapshot mesh = Mesh.Of(MeshOptions.Local, "", Mesh.Process("web-1", "web", "127.65.0.1", 9080));

        Listener inbound = Assert.Single(
            mesh.Translate("""{"type":"sidecar","ip":"127.65.0.1","loopback":"127.65"}""").Listeners, listener => listener.Name == "127.65.0.1_9080");

        FilterChain chain = Assert.Single(inbound.FilterChains);
        Assert.Equal("tls", chain.FilterChainMatch.TransportProtocol);
        Assert.Equal("envoy.transport_sockets.tls", chain.TransportSocket.Name);
    }

    [Fact]
    public void Loopback_InboundCluster_IsTheApplicationsPort()
    {
        MeshSnapshot mesh = Mesh.Of(MeshOptions.Local, "", Mesh.Process("web-1", "web", "127.65.0.1", 9080));

        Cluster inbound = Assert.Single(
            mesh.Translate("""{"type":"sidecar","ip":"127.65.0.1","loopback":"127.65"}""").Clusters, cluster => cluster.Name == "inbound|9080||");

        var address = inbound.LoadAssignment.Endpoints[0].LbEndpoints[0].Endpoint.Address.SocketAddress;
        Assert.Equal(("127.0.0.1", 49080u), (address.Address, address.PortValue));
    }

    [Fact]
    public void Delegates_OfARule_AreMergedWithItsMatch()
    {
        MeshSnapshot mesh = Mesh.Of(Services + """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: root, namespace: server}
            spec:
              hosts: [web]
              http:
                - match: [{uri: {prefix: /a}, headers: {x: {exact: "1"}}}]
                  delegate: {name: leaf}
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: leaf, namespace: server}
            spec:
              http:
                - match: [{uri: {prefix: /a/b}}, {uri: {prefix: /elsewhere}}]
                  route: [{destination: {host: web}}]
            """);

        Route route = Assert.Single(HostOf(mesh, "web.server.svc.cluster.local:80").Routes);
        Assert.Equal("/a/b", route.Match.Prefix);
        Assert.Equal("x", Assert.Single(route.Match.Headers).Name);
    }

    [Fact]
    public void Names_WithDnsCapture_IncludeServicesWithoutAnAddress()
    {
        MeshSnapshot mesh = Mesh.Of("", Mesh.Process("web-1", "web", "10.7.0.1"));

        var captured = NameTables.Build(mesh, ProxyDescription.FromJson("""{"type":"sidecar","dnsCapture":true}"""));
        var plain = NameTables.Build(mesh, ProxyDescription.FromJson("""{"type":"sidecar"}"""));

        Assert.StartsWith("240.240.", captured.Table["web.default.svc.cluster.local"].Ips[0], StringComparison.Ordinal);
        Assert.Contains("web", captured.Table["web.default.svc.cluster.local"].AltHosts);
        Assert.Empty(plain.Table);
    }

    [Theory]
    [InlineData("""{"type":"cook"}""", "cook")]
    [InlineData("""{"tipe":"router"}""", "tipe")]
    [InlineData("[]", "JSON object")]
    public void ProxyDescription_WithAMistake_SaysWhich(string json, string word) =>
        Assert.Contains(word, Assert.Throws<FormatException>(() => ProxyDescription.FromJson(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Translation_OfTheSameInput_GivesTheSameBytes()
    {
        static string Dump() => ConfigDump.Build(Mesh.Of(Services + Rule("server", "web", "RANDOM")), ProxyDescription.FromJson(Sidecar)).ToJsonString();

        Assert.Equal(Dump(), Dump());
    }

    private static Cluster.Types.LbPolicy PolicyOf(MeshSnapshot mesh, string proxy) =>
        mesh.Translate(proxy).Clusters.Single(cluster => cluster.Name == "outbound|80||web.server.svc.cluster.local").LbPolicy;

    private static VirtualHost HostOf(MeshSnapshot mesh, string name) =>
        mesh.Translate(Sidecar).Routes.Single(table => table.Name == "80").VirtualHosts.Single(host => host.Name == name);

    private static string Rule(string ns, string host, string balancer, string more = "") => $$$"""
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: web, namespace: {{{ns}}}}
        spec:
          host: {{{host}}}
          trafficPolicy: {loadBalancer: {simple: {{{balancer}}}}}
          {{{more}}}
        ---

        """;

    private static string Route(string name, string created, string timeout, string host = "web") => $$$"""
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: {{{name}}}, namespace: server, creationTimestamp: "{{{created}}}"}
        spec: {hosts: [{{{host}}}], http: [{timeout: {{{timeout}}}, route: [{destination: {host: web}}]}]}
        ---

        """;
}
