using System.Text.Json;

namespace Weft.Cli.Tests.Commands;

public sealed class ProxyConfigCommandTests : IDisposable
{
    // The two documents of the first users: a gateway that gives everything to apache.
    private const string Apache = """
        apiVersion: networking.istio.io/v1alpha3
        kind: VirtualService
        metadata:
          name: apache
        spec:
          hosts:
            - "*"
          gateways:
            - microservice-gateway
          http:
            - match:
                - uri:
                    prefix: /
              route:
                - destination:
                    port:
                      number: 80
                    host: apache
        ---
        apiVersion: networking.istio.io/v1alpha3
        kind: Gateway
        metadata:
          name: microservice-gateway
        spec:
          selector:
            istio: ingressgateway
          servers:
            - port:
                number: 80
                name: http
                protocol: HTTP
              hosts:
                - "*"
        """;

    private const string Router = """{"type":"router","namespace":"default","ip":"10.0.0.1","labels":{"istio":"ingressgateway"},"serviceAccount":""}""";

    private readonly CommandRunner _weft = new();

    public void Dispose() => _weft.Dispose();

    [Fact]
    public async Task AGatewayFromFiles_ListensAndRoutesToItsDestination()
    {
        _weft.WriteFile("mesh/apache.yaml", Apache);
        CommandResult result = await _weft.RunAsync("proxy-config", "all", "--from", "mesh", "--as", Router, "-o", "json");
        Assert.Equal(0, result.Code);
        JsonElement dump = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(["listeners", "routes", "clusters", "endpoints"], dump.EnumerateObject().Select(member => member.Name));
        JsonElement listener = Assert.Single(dump.GetProperty("listeners").EnumerateArray());
        Assert.Equal(80, listener.GetProperty("address").GetProperty("socketAddress").GetProperty("portValue").GetInt32());
        JsonElement route = dump.GetProperty("routes").EnumerateArray().Single().GetProperty("virtualHosts")[0].GetProperty("routes")[0];
        Assert.Equal("/", route.GetProperty("match").GetProperty("prefix").GetString());
        Assert.Equal("outbound|80||apache.default.svc.cluster.local", route.GetProperty("route").GetProperty("cluster").GetString());
    }

    [Fact]
    public async Task OneKind_IsShownAlone()
    {
        _weft.WriteFile("apache.yaml", Apache);
        CommandResult result = await _weft.RunAsync("proxy-config", "routes", "--from", "apache.yaml", "--as", Router, "-o", "json");
        Assert.Equal(["routes"], JsonDocument.Parse(result.Out).RootElement.EnumerateObject().Select(member => member.Name));
        CommandResult table = await _weft.RunAsync("proxy-config", "routes", "--from", "apache.yaml", "--as", Router);
        Assert.Contains("outbound|80||apache.default.svc.cluster.local", table.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AMeshConfigurationFile_IsInForce()
    {
        _weft.WriteFile("apache.yaml", Apache);
        _weft.WriteFile("mesh.yaml", "outboundTrafficPolicy: {mode: REGISTRY_ONLY}\n");
        string sidecar = """{"type":"sidecar","namespace":"default","ip":"10.0.0.1"}""";
        CommandResult open = await _weft.RunAsync("proxy-config", "listeners", "--from", "apache.yaml", "--as", sidecar, "-o", "json");
        CommandResult closed = await _weft.RunAsync("proxy-config", "listeners", "--from", "apache.yaml", "--mesh-config", "mesh.yaml", "--as", sidecar, "-o", "json");
        Assert.Contains("PassthroughCluster", open.Out, StringComparison.Ordinal);
        Assert.Contains("BlackHoleCluster", closed.Out, StringComparison.Ordinal);
        Assert.NotEqual(open.Out, closed.Out);
    }

    [Fact]
    public async Task ASidecar_ShowsWhatTakesTunnels()
    {
        _weft.WriteFile("apache.yaml", Apache);
        CommandResult table = await _weft.RunAsync("proxy-config", "listeners", "--from", "apache.yaml", "--as", """{"type":"sidecar","namespace":"default","ip":"10.0.0.1"}""");
        Assert.Matches(@"connect_terminate +0\.0\.0\.0:15008", table.Out);
        Assert.Matches(@"main_internal +internal", table.Out);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"type":"ztunnel"}""")]
    [InlineData("""{"frob":1}""")]
    public async Task AProxyThatIsNotUnderstood_ExitsTwoWithASentence(string described)
    {
        _weft.WriteFile("apache.yaml", Apache);
        CommandResult result = await _weft.RunAsync("proxy-config", "all", "--from", "apache.yaml", "--as", described);
        Assert.Equal(2, result.Code);
        Assert.StartsWith("weft: --as is not understood", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnObjectWithErrors_IsToldOnStderrAndLeftOut()
    {
        _weft.WriteFile("mixed.yaml", Apache + "\n---\napiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: bad}\nspec: {serverz: []}\n");
        CommandResult result = await _weft.RunAsync("proxy-config", "listeners", "--from", "mixed.yaml", "--as", Router, "-o", "json");
        Assert.Equal(0, result.Code);
        Assert.Contains("serverz", result.Error, StringComparison.Ordinal);
        Assert.Single(JsonDocument.Parse(result.Out).RootElement.GetProperty("listeners").EnumerateArray());
    }
}
