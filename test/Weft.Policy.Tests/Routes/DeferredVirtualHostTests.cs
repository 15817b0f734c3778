using Envoy.Config.Route.V3;
using Google.Protobuf;
using Weft.Policy.Routes;

namespace Weft.Policy.Tests.Routes;

public class DeferredVirtualHostTests
{
    private const string Table = """
        {"name":"t","requestHeadersToAdd":[{"header":{"key":"x-table","value":"1"}}],"virtualHosts":[
          {"name":"a","domains":["a.example"],"retryPolicy":{"retryOn":"5xx"},"requestHeadersToAdd":[{"header":{"key":"x-host","value":"a"}}],"routes":[
            {"name":"exact","match":{"path":"/one"},"route":{"cluster":"c1"}},
            {"name":"rest","match":{"prefix":"/"},"route":{"cluster":"c2","timeout":"3s"}}]},
          {"name":"b","domains":["b.example"],"routes":[{"name":"other","match":{"prefix":"/"},"directResponse":{"status":204}}]}]}
        """;

    [Fact]
    public void RoutesAreMadeByTheFirstRequestToTheirHost()
    {
        RouteTable table = Deferred(Table);
        Assert.All(table.VirtualHosts, host => Assert.False(host.IsCompiled));

        Assert.Equal("exact", TestRequest.Get("a.example", "/one").RouteIn(table));

        Assert.True(table.VirtualHosts[0].IsCompiled);
        Assert.False(table.VirtualHosts[1].IsCompiled);
    }

    [Fact]
    public void DeferredRoutes_AreThoseOfAWholeTable()
    {
        RouteTable deferred = Deferred(Table), whole = TestRequest.Compile(Table);
        foreach ((string host, string path) in new[] { ("a.example", "/one"), ("a.example", "/two"), ("b.example", "/"), ("c.example", "/") })
        {
            RouteEntry? one = TestRequest.Get(host, path).In(deferred).Route, other = TestRequest.Get(host, path).In(whole).Route;
            Assert.Equal(other?.Name, one?.Name);
            Assert.Equal(other?.Kind, one?.Kind);
            Assert.Equal(other?.Conditions, one?.Conditions);
            Assert.Equal(other?.Forward?.Timeout, one?.Forward?.Timeout);
            Assert.Equal(other?.Forward?.Retry is null, one?.Forward?.Retry is null);
            Assert.Equal(other?.Forward?.Clusters[0].Name, one?.Forward?.Clusters[0].Name);
            Assert.Equal(Added(other, host, path), Added(one, host, path));
            Assert.Equal(other?.VirtualHost.Name, one?.VirtualHost.Name);
        }

        static string Added(RouteEntry? route, string host, string path) =>
            route is null ? "" : TestRequest.Get(host, path).Apply(route.Forward?.Clusters[0].RequestMutations ?? route.RequestMutations);
    }

    [Fact]
    public async Task WorkersThatComeFirstAtOnce_GetTheSameRoutes()
    {
        for (int round = 0; round < 50; round++)
        {
            RouteTable table = Deferred(Table);
            using Barrier together = new(4);
            RouteEntry[] found = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    together.SignalAndWait();
                    return table.VirtualHosts[0].Routes[1];
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)));
            Assert.All(found, route => Assert.Same(found[0], route));
        }
    }

    [Fact]
    public void LargeVirtualHost_IsCompiledAtOnce()
    {
        string routes = string.Join(',', Enumerable.Range(0, 200).Select(i => Json.Fill("""{"name":"r$1","match":{"path":"/some/path/$1"},"route":{"cluster":"c"}}""", $"{i}")));

        RouteTable table = Deferred(Json.Fill("""{"virtualHosts":[{"name":"v","domains":["*"],"routes":[$1]}]}""", routes));

        Assert.True(table.VirtualHosts[0].IsCompiled);
        Assert.Equal("r199", TestRequest.Get("h", "/some/path/199").RouteIn(table));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void BytesThatMayWait_HaveABound(int over, bool compiled)
    {
        RouteConfiguration configuration = TestRequest.Parse("""{"virtualHosts":[{"name":"v","domains":["*"],"routes":[{"name":"r","match":{"prefix":"/"},"route":{"cluster":"c"}}]}]}""");
        VirtualHost host = configuration.VirtualHosts[0];
        // A name longer than 127 bytes has a second byte of length.
        host.Name = new string('n', VirtualHostSource.MaxBytes - host.CalculateSize() + over);
        Assert.Equal(VirtualHostSource.MaxBytes + over, host.CalculateSize());
        RouteTableCompiler compiler = new(configuration, []);
        compiler.Add(host, host.ToByteArray());

        RouteTable table = Assert.IsType<RouteTable>(compiler.Finish());
        Assert.Equal(compiled, table.VirtualHosts[0].IsCompiled);
        Assert.Equal("r", TestRequest.Get("h", "/").RouteIn(table));
    }

    [Fact]
    public void MistakeInAHostThatNobodyAsksFor_IsFoundAtOnce()
    {
        RouteConfiguration configuration = TestRequest.Parse("""{"virtualHosts":[{"name":"v","domains":["v"],"routes":[{"match":{"prefix":"/"},"route":{"cluster":"c","timeout":"-1s"}}]}]}""");
        List<string> errors = [];
        RouteTableCompiler compiler = new(configuration, errors);
        compiler.Add(configuration.VirtualHosts[0], configuration.VirtualHosts[0].ToByteArray());

        Assert.Null(compiler.Finish());
        Assert.Contains("virtual_hosts[v].routes[0].route.timeout", Assert.Single(errors), StringComparison.Ordinal);
    }

    private static RouteTable Deferred(string json)
    {
        RouteConfiguration configuration = TestRequest.Parse(json);
        List<string> errors = [];
        RouteTableCompiler compiler = new(configuration, errors);
        foreach (VirtualHost host in configuration.VirtualHosts) compiler.Add(host, host.ToByteArray());
        Assert.Empty(errors);
        return Assert.IsType<RouteTable>(compiler.Finish());
    }
}
