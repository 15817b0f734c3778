using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Envoy.Config.Endpoint.V3;
using Envoy.Config.Route.V3;
using Grpc.Core;
using Istio.V1.Auth;
using Weft.Xds;

namespace Weft.Control.Tests.Hosting;

/// <summary>The whole control plane over loopback: real files, real gRPC, real TLS.</summary>
public sealed class WeftControlPlaneTests
{
    private const string Orders = """
        apiVersion: v1
        kind: Service
        metadata: {name: orders}
        spec:
          clusterIP: 10.0.0.1
          selector: {app: orders}
          ports: [{name: http, port: 80}]
        """;

    private const string OrdersRoute = """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: orders}
        spec:
          hosts: [orders]
          http: [{timeout: 7s, route: [{destination: {host: orders}}]}]
        """;

    private const string OrdersCluster = "outbound|80||orders.default.svc.cluster.local";

    private static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public async Task Sidecar_AsksForEverything_GetsIt()
    {
        await using ControlPlaneFixture control = await ControlPlaneFixture.StartAsync(("orders.yaml", Orders));
        using XdsProbe probe = new(control.Clear, XdsProbe.Sidecar("127.65.0.1", "web"));

        await probe.SubscribeAsync(XdsTypeUrls.Cluster);
        await probe.SubscribeAsync(XdsTypeUrls.Listener);
        await probe.NextAsync(XdsTypeUrls.Cluster);
        await probe.NextAsync(XdsTypeUrls.Listener);
        await probe.SubscribeAsync(XdsTypeUrls.Endpoint, OrdersCluster);
        await probe.NextAsync(XdsTypeUrls.Endpoint);
        await probe.SubscribeAsync(XdsTypeUrls.Route, "80");
        await probe.NextAsync(XdsTypeUrls.Route);

        Assert.Contains(OrdersCluster, probe.Held(XdsTypeUrls.Cluster).Keys);
        Assert.Contains("virtualInbound", probe.Held(XdsTypeUrls.Listener).Keys);
        Assert.Contains("80", probe.Held(XdsTypeUrls.Route).Keys);
    }

    [Fact]
    public async Task File_Changed_IsInForceWithinASecond()
    {
        await using ControlPlaneFixture control = await ControlPlaneFixture.StartAsync(("orders.yaml", Orders));
        using XdsProbe probe = new(control.Clear, XdsProbe.Sidecar("127.65.0.1", "web"));
        await probe.SubscribeAsync(XdsTypeUrls.Route, "80");
        await probe.NextAsync(XdsTypeUrls.Route);

        long began = TimeProvider.System.GetTimestamp();
        control.Write("route.yaml", OrdersRoute);
        await probe.NextAsync(XdsTypeUrls.Route);

        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(1));
        RouteConfiguration table = probe.Held(XdsTypeUrls.Route)["80"].Resource_.Unpack<RouteConfiguration>();
        Assert.Equal(7, table.VirtualHosts[0].Routes[0].Route_.Timeout.Seconds);
    }

    [Fact]
    public async Task File_Broken_KeepsLastGoodVersionAndIsReported()
    {
        await using ControlPlaneFixture control = await ControlPlaneFixture.StartAsync(("orders.yaml", Orders), ("route.yaml", OrdersRoute));
        using XdsProbe probe = new(control.Clear, XdsProbe.Sidecar("127.65.0.1", "web"));
        await probe.SubscribeAsync(XdsTypeUrls.Route, "80");
        await probe.NextAsync(XdsTypeUrls.Route);
        await probe.SubscribeAsync(XdsTypeUrls.Cluster);
        await probe.NextAsync(XdsTypeUrls.Cluster);

        control.Write("route.yaml", OrdersRoute.Replace("timeout: 7s", "timeoot: 7s", StringComparison.Ordinal));
        control.Write("more.yaml", Orders.Replace("orders", "extra", StringComparison.Ordinal));
        await probe.NextAsync(XdsTypeUrls.Cluster);

        RouteConfiguration table = probe.Held(XdsTypeUrls.Route)["80"].Resource_.Unpack<RouteConfiguration>();
        Assert.Contains(table.VirtualHosts, host => host.Routes[0].Route_.Timeout.Seconds == 7);
        JsonArray findings = (await control.Local.GetFromJsonAsync<JsonArray>("/v1/diagnostics", Never))!;
        JsonNode finding = Assert.Single(findings, item => item!["level"]!.GetValue<string>() == "error")!;
        Assert.EndsWith("route.yaml", finding["file"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(6, finding["line"]!.GetValue<int>());
    }

    [Fact]
    public async Task Proxy_RefusesAResource_IsSeenInStatus()
    {
        await using ControlPlaneFixture control = await ControlPlaneFixture.StartAsync(("orders.yaml", Orders));
        using XdsProbe probe = new(control.Clear, XdsProbe.Sidecar("127.65.0.1", "web"));
        await probe.SubscribeAsync(XdsTypeUrls.Cluster);
        await probe.NextAsync(XdsTypeUrls.Cluster, refusal: "cluster outbound|80|| is not to my taste");
        // The answer to this request can only come after the refusal was read.
        await probe.SubscribeAsync(XdsTypeUrls.Listener);
        await probe.NextAsync(XdsTypeUrls.Listener);

        JsonNode proxy = Assert.Single((await control.Local.GetFromJsonAsync<JsonArray>("/v1/proxies", Never))!)!;

        Assert.True(proxy["connected"]!.GetValue<bool>());
        Assert.False(proxy["synced"]!.GetValue<bool>());
        Assert.Contains("not to my taste", proxy["errors"]![0]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Workload_Registered_BecomesAnEndpointAndGetsACertificate()
    {
        await using ControlPlaneFixture control = await ControlPlaneFixture.StartAsync(("orders.yaml", Orders));
        using XdsProbe probe = new(control.Clear, XdsProbe.Sidecar("127.65.0.1", "web"));
        await probe.SubscribeAsync(XdsTypeUrls.Endpoint, OrdersCluster);
        await probe.NextAsync(XdsTypeUrls.Endpoint);

        string token = await RegisterAsync(control);
        await probe.NextAsync(XdsTypeUrls.Endpoint);

        ClusterLoadAssignment assignment = probe.Held(XdsTypeUrls.Endpoint)[OrdersCluster].Resource_.Unpack<ClusterLoadAssignment>();
        Assert.Equal("127.66.0.1", Assert.Single(assignment.Endpoints[0].LbEndpoints).Endpoint.Address.SocketAddress.Address);

        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        IstioCertificateResponse issued = await new IstioCertificateService.IstioCertificateServiceClient(control.Secure)
            .CreateCertificateAsync(new IstioCertificateRequest { Csr = Request(key) }, ControlPlaneFixture.Within(10, token));
        using X509Certificate2 leaf = X509Certificate2.CreateFromPem(issued.CertChain[0]);
        Assert.Contains("spiffe://cluster.local/ns/default/sa/orders-sa", Uris(leaf));
        Assert.True(control.Plane.TrustBundle.Verifies(leaf, [], TimeProvider.System.GetUtcNow()));
    }

    [Fact]
    public async Task SigningRequest_WithoutToken_IsRefused()
    {
        await using ControlPlaneFixture control = await ControlPlaneFixture.StartAsync();
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        IstioCertificateService.IstioCertificateServiceClient client = new(control.Secure);

        RpcException none = await Assert.ThrowsAsync<RpcException>(async () =>
            await client.CreateCertificateAsync(new IstioCertificateRequest { Csr = Request(key) }, ControlPlaneFixture.Within(10)));
        RpcException forged = await Assert.ThrowsAsync<RpcException>(async () =>
            await client.CreateCertificateAsync(new IstioCertificateRequest { Csr = Request(key) }, ControlPlaneFixture.Within(10, "a.b.c")));

        Assert.Equal(StatusCode.Unauthenticated, none.StatusCode);
        Assert.Equal(StatusCode.Unauthenticated, forged.StatusCode);
    }

    [Fact]
    public async Task SigningRequest_InTheClear_IsRefused()
    {
        await using ControlPlaneFixture control = await ControlPlaneFixture.StartAsync(("orders.yaml", Orders));
        string token = await RegisterAsync(control);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await new IstioCertificateService.IstioCertificateServiceClient(control.Clear)
            .CreateCertificateAsync(new IstioCertificateRequest { Csr = Request(key) }, ControlPlaneFixture.Within(10, token)));

        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
    }

    [Fact]
    public async Task SecureStream_WithTokenOfAnotherNamespace_IsRefused()
    {
        await using ControlPlaneFixture control = await ControlPlaneFixture.StartAsync(("orders.yaml", Orders));
        string token = await RegisterAsync(control);
        using XdsProbe own = new(control.Secure, XdsProbe.Sidecar("127.66.0.1", "orders"), token);
        using XdsProbe stranger = new(control.Secure, XdsProbe.Sidecar("127.66.0.1", "orders", "other"), token);

        await own.SubscribeAsync(XdsTypeUrls.Cluster);
        await own.NextAsync(XdsTypeUrls.Cluster);
        await stranger.SubscribeAsync(XdsTypeUrls.Cluster);
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => stranger.NextAsync(XdsTypeUrls.Cluster));

        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
    }

    [Fact]
    public async Task LocalApi_OverTheNetwork_DoesNotExist()
    {
        await using ControlPlaneFixture control = await ControlPlaneFixture.StartAsync();
        using HttpClient network = new() { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

        using HttpResponseMessage answer = await network.GetAsync($"http://127.0.0.1:{control.Plane.DiscoveryPort}/v1/proxies", Never);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("ready\n", await control.Local.GetStringAsync("/v1/ready", Never));
    }

    [Fact]
    public async Task Names_OfAWorkload_AreItsOwnLoopbackAddresses()
    {
        await using ControlPlaneFixture control = await ControlPlaneFixture.StartAsync(("orders.yaml", Orders));

        JsonArray names = (await control.Local.GetFromJsonAsync<JsonArray>("/v1/names?namespace=default&workload=web&loopback=127.65", Never))!;

        JsonNode orders = Assert.Single(names)!;
        Assert.Equal("orders.default.svc.cluster.local", orders["host"]!.GetValue<string>());
        Assert.StartsWith("127.65.", orders["address"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(80, orders["ports"]!["http"]!.GetValue<int>());
        Assert.Contains("orders", orders["aliases"]!.AsArray().Select(alias => alias!.GetValue<string>()));
    }

    [Fact]
    public async Task State_OfTheAuthority_IsForItsOwnerOnly()
    {
        await using ControlPlaneFixture control = await ControlPlaneFixture.StartAsync();

        foreach (string file in new[] { "ca-key.pem", "token-key" })
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(Path.Combine(control.State, file)).UnixFileMode);
    }

    private static async Task<string> RegisterAsync(ControlPlaneFixture control)
    {
        JsonObject registration = new()
        {
            ["name"] = "orders-1",
            ["namespace"] = "default",
            ["address"] = "127.66.0.1",
            ["serviceAccount"] = "orders-sa",
            ["labels"] = new JsonObject { ["app"] = "orders" },
            ["ports"] = new JsonArray(new JsonObject { ["name"] = "http", ["port"] = 80, ["inboundPort"] = 80, ["applicationPort"] = 40001 }),
        };
        using HttpResponseMessage answer = await control.Local.PutAsJsonAsync("/v1/workloads/default/orders-1", registration, Never);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonObject>(Never))!["token"]!.GetValue<string>();
    }

    private static string Request(ECDsa key)
    {
        CertificateRequest request = new("", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddUri(new Uri("spiffe://cluster.local/ns/default/sa/orders-sa"));
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSigningRequestPem();
    }

    private static IEnumerable<string> Uris(X509Certificate2 leaf) =>
        leaf.Extensions.First(extension => extension.Oid?.Value == "2.5.29.17").Format(false).Split([',', ' ', '\n']).Select(part => part.Replace("URI:", "", StringComparison.Ordinal));
}
