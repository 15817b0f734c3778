using System.Collections.Immutable;
using Weft.Cli.Supervision;
using Weft.Control.Hosting;

namespace Weft.Cli.Tests.Supervision;

public sealed class AppEnvironmentTests
{
    private static readonly NameReply Reviews = new(
        "reviews.default.svc.cluster.local", ["reviews", "reviews.default"], "127.71.4.2", new Dictionary<string, int> { ["http-web"] = 9080, ["grpc"] = 9090 });

    private static readonly WorkloadDefinition Workload = new() { Name = "shop", Namespace = "default" };

    [Fact]
    public void AProgram_IsToldWhereToListenAndHowToReachTheMesh()
    {
        Dictionary<string, string?> variables = AppEnvironment.Loopback(Workload, new LoopbackPrefix(71), 40123, [Reviews]);
        Assert.Equal("127.0.0.1", variables["HOST"]);
        Assert.Equal("40123", variables["PORT"]);
        Assert.Equal("http://127.71.0.1:15080", variables["HTTP_PROXY"]);
        Assert.Equal("http://127.71.0.1:15080", variables["http_proxy"]);
        Assert.Contains("127.0.0.1", variables["no_proxy"]!.Split(','));
        Assert.Equal("127.71.4.2", variables["REVIEWS_SERVICE_HOST"]);
        Assert.Equal("9080", variables["REVIEWS_SERVICE_PORT"]);
        Assert.Equal("9090", variables["REVIEWS_SERVICE_PORT_GRPC"]);
        Assert.Equal("9080", variables["REVIEWS_SERVICE_PORT_HTTP_WEB"]);
    }

    [Fact]
    public void TheWorkloadsOwnVariables_Win()
    {
        WorkloadDefinition own = Workload with { Environment = ImmutableSortedDictionary<string, string>.Empty.Add("HOST", "::1").Add("VERSION", "v2") };
        Dictionary<string, string?> variables = AppEnvironment.Loopback(own, new LoopbackPrefix(71), 1, []);
        Assert.Equal("::1", variables["HOST"]);
        Assert.Equal("v2", variables["VERSION"]);
    }

    [Fact]
    public void ACapturedProgram_HasNoProxyVariable()
    {
        Dictionary<string, string?> variables = AppEnvironment.Transparent(Workload, 9080, [Reviews]);
        Assert.Null(variables["http_proxy"]);
        Assert.Equal("9080", variables["PORT"]);
    }
}
