using Weft.Policy.Routes;

namespace Weft.Policy.Tests.Routes;

public sealed class VirtualHostTests
{
    private const string Hosts = """
        [{"name":"exact","domains":["shop.example.com","shop.example.com:8080"],"routes":[{"name":"exact","match":{"prefix":"/"},"route":{"cluster":"c"}}]},
         {"name":"long","domains":["*.example.com"],"routes":[{"name":"long","match":{"prefix":"/"},"route":{"cluster":"c"}}]},
         {"name":"dash","domains":["*-a.example.com"],"routes":[{"name":"dash","match":{"prefix":"/"},"route":{"cluster":"c"}}]},
         {"name":"short","domains":["*.com"],"routes":[{"name":"short","match":{"prefix":"/"},"route":{"cluster":"c"}}]},
         {"name":"prefix","domains":["shop.*"],"routes":[{"name":"prefix","match":{"prefix":"/"},"route":{"cluster":"c"}}]},
         {"name":"prefixes","domains":["shop.example.*"],"routes":[{"name":"prefixes","match":{"prefix":"/"},"route":{"cluster":"c"}}]},
         {"name":"rest","domains":["*"],"routes":[{"name":"rest","match":{"prefix":"/"},"route":{"cluster":"c"}}]}]
        """;

    [Theory]
    [InlineData("shop.example.com", "exact")]
    [InlineData("SHOP.Example.COM", "exact")]
    [InlineData("shop.example.com:8080", "exact")]
    [InlineData("shop.example.com:81", "prefixes")]
    [InlineData("cart.example.com", "long")]
    [InlineData("x-a.example.com", "dash")]
    [InlineData("-a.example.com", "long")]
    [InlineData("a.b.example.com", "long")]
    [InlineData("example.com", "short")]
    [InlineData(".example.com", "short")]
    [InlineData("shop.org", "prefix")]
    [InlineData("shop.", "rest")]
    [InlineData("shop.example.org", "prefixes")]
    [InlineData("other.org", "rest")]
    public void Host_IsFoundInEnvoysOrder(string host, string route) =>
        Assert.Equal(route, TestRequest.Get(host, "/").RouteIn(TestRequest.Compile(Json.Fill("""{"name":"t","virtualHosts":$1}""", Hosts))));

    [Theory]
    [InlineData("shop.example.com:81", "exact")]
    [InlineData("cart.example.com:81", "long")]
    [InlineData("other.org:1", "rest")]
    public void IgnoredPort_IsLeftOut(string host, string route) =>
        Assert.Equal(route, TestRequest.Get(host, "/").RouteIn(TestRequest.Compile(Json.Fill("""{"name":"t","ignorePortInHostMatching":true,"virtualHosts":$1}""", Hosts))));

    [Fact]
    public void NoDomainFits_NothingIsFound()
    {
        RouteTable table = TestRequest.Compile("""{"virtualHosts":[{"name":"a","domains":["a","[::1]"],"routes":[{"name":"r","match":{"prefix":"/"},"route":{"cluster":"c"}}]}],"ignorePortInHostMatching":true}""");
        Assert.Equal("none", TestRequest.Get("b", "/").RouteIn(table));
        Assert.Equal("none", TestRequest.Get(new string('a', 600), "/").RouteIn(table));
        Assert.Equal("r", TestRequest.Get("[::1]", "/").RouteIn(table));
        Assert.Equal("r", TestRequest.Get("[::1]:80", "/").RouteIn(table));
    }

    [Fact]
    public void RequiredTls_RedirectsPlainText()
    {
        RouteTable table = TestRequest.Compile("""{"virtualHosts":[{"name":"a","domains":["*"],"requireTls":"ALL","routes":[{"name":"r","match":{"prefix":"/"},"route":{"cluster":"c"}}]}]}""");
        TestRequest request = TestRequest.Get("shop.example", "/a?b=c");
        Assert.Equal("r", request.RouteIn(table, tls: true));
        RouteDecision decision = request.In(table);
        byte[] location = new byte[100];
        int length = decision.Route!.Redirect!.WriteLocation(request.View, new RouteInput(0, false), location);
        Assert.Equal("https://shop.example/a?b=c", System.Text.Encoding.ASCII.GetString(location, 0, length));
    }

    [Theory]
    [InlineData("""{"name":"a","domains":["x"]},{"name":"b","domains":["X"]}""", "virtual_hosts[b].domains[0]: the domain 'X' is given twice.")]
    [InlineData("""{"name":"a","domains":["*"]},{"name":"b","domains":["*"]}""", "virtual_hosts[b].domains[0]: the domain '*' is given twice.")]
    [InlineData("""{"name":"a","domains":["x"]},{"name":"a","domains":["y"]}""", "virtual_hosts[a].name: two virtual hosts have the name 'a'.")]
    [InlineData("""{"name":"a"}""", "virtual_hosts[a].domains: a virtual host needs at least one domain.")]
    [InlineData("""{"domains":["*"]}""", "virtual_hosts[0].name: a virtual host needs a name.")]
    [InlineData("""{"name":"a","domains":["a.*.b"]}""", "virtual_hosts[a].domains[0]: 'a.*.b' is not a domain; a * may stand only at its start or at its end.")]
    [InlineData("""{"name":"a","domains":[""]}""", "virtual_hosts[a].domains[0]: '' is not a domain; a * may stand only at its start or at its end.")]
    [InlineData("""{"name":"a","domains":["*"],"requireTls":"EXTERNAL_ONLY"}""", "virtual_hosts[a].require_tls: this field is not supported.")]
    [InlineData("""{"name":"a","domains":["*"],"matcher":{}}""", "virtual_hosts[a].matcher: this field is not supported.")]
    [InlineData("""{"name":"a","domains":["*"],"virtualClusters":[{"name":"c"}]}""", "virtual_hosts[a].virtual_clusters: this field is not supported.")]
    [InlineData("""{"name":"a","domains":["*"],"hedgePolicy":{}}""", "virtual_hosts[a].hedge_policy: this field is not supported.")]
    public void BadVirtualHost_IsRefusedByName(string hosts, string error) => Assert.Equal([error], TestRequest.Errors(Json.Fill("""{"virtualHosts":[$1]}""", hosts)));

    [Theory]
    [InlineData("\"vhds\":{}", "vhds: this field is not supported.")]
    [InlineData("\"clusterSpecifierPlugins\":[{}]", "cluster_specifier_plugins: this field is not supported.")]
    [InlineData("\"internalOnlyHeaders\":[\"x\"]", "internal_only_headers: this field is not supported.")]
    [InlineData("\"validateClusters\":true", "validate_clusters: this field is not supported.")]
    [InlineData("\"requestHeadersToRemove\":[\":path\"]", "request_headers_to_remove[0]: ':path' cannot be changed here; use host_rewrite_literal or prefix_rewrite.")]
    public void UnsupportedTableField_IsRefusedByName(string field, string error) => Assert.Equal([error], TestRequest.Errors(Json.Fill("""{$1}""", field)));
}
