using System.Net;
using System.Net.Sockets;
using Weft.Cli.Supervision;
using Weft.Resources;

namespace Weft.Cli.Tests.Supervision;

public sealed class WorkloadDefinitionsTests
{
    private const string Mesh = """
        apiVersion: weft.dev/v1alpha1
        kind: Workload
        metadata: {name: orders, labels: {app: orders, version: v1}}
        spec:
          command: [./orders, --fast]
          workingDirectory: ../src
          env: [{name: MODE, value: test}]
          ports: [{name: http, port: 80, appPort: 5001}]
          serviceAccount: shop
          restart: OnFailure
          stopSignal: SIGINT
          health: {path: /live, interval: 1s}
        ---
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: in}
        spec:
          selector: {istio: ingressgateway}
          servers: [{port: {number: 8080, name: http, protocol: HTTP}, hosts: ["*"]}]
        ---
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: own}
        spec:
          selector: {app: orders}
          servers: [{port: {number: 8081, name: http, protocol: HTTP}, hosts: ["*"]}]
        """;

    [Fact]
    public void AWorkload_IsReadWhole()
    {
        WorkloadDefinition orders = Read().Single(item => item.Name == "orders");
        Assert.Equal(["./orders", "--fast"], orders.Command);
        Assert.Equal("/work/src", orders.WorkingDirectory);
        Assert.Equal("test", orders.Environment["MODE"]);
        Assert.Equal(new PortDefinition("http", 80, 5001), Assert.Single(orders.Ports));
        Assert.Equal("spiffe://cluster.local/ns/default/sa/shop", orders.Identity());
        Assert.Equal(RestartRule.OnFailure, orders.Restart);
        Assert.Equal("SIGINT", orders.StopSignal);
        Assert.Equal(new HealthDefinition("/live", 0, TimeSpan.FromSeconds(1), HealthDefinition.Default.Timeout), orders.Health);
    }

    [Fact]
    public void AGatewayThatNoWorkloadAnswers_GetsAProxyOfItsOwn()
    {
        WorkloadDefinition gateway = Assert.Single(Read(), item => item.IsGateway);
        Assert.Equal("istio-system/istio-ingressgateway", gateway.Key);
        Assert.Equal("ingressgateway", gateway.Labels["istio"]);
    }

    [Fact]
    public void AChangedWorkload_DoesNotRunLikeBefore()
    {
        WorkloadDefinition before = Read().Single(item => item.Name == "orders");
        Assert.True(before.RunsLike(Read().Single(item => item.Name == "orders")));
        Assert.False(before.RunsLike(before with { Environment = before.Environment.SetItem("MODE", "other") }));
    }

    [Theory]
    [InlineData(80, false, 8080)]
    [InlineData(443, false, 8443)]
    [InlineData(8080, false, 8080)]
    [InlineData(80, true, 80)]
    public void ALowGatewayPort_MovesWithoutPrivileges(int port, bool privileged, int expected) =>
        Assert.Equal(expected, GatewayPorts.PortOf(port, privileged));

    [Fact]
    public void APortThatIsTaken_IsRefusedWithItsGateway()
    {
        using Socket taken = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        int port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        ReadResult result = ResourceReader.Read(Mesh.Replace("8080", $"{port}", StringComparison.Ordinal).Replace("8081", $"{port}", StringComparison.Ordinal), "mesh.yaml");
        CliException error = Assert.Throws<CliException>(() => GatewayPorts.RequireFree(result.Objects));
        Assert.Contains($"Port {port} of the Gateway in (mesh.yaml:", error.Message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<WorkloadDefinition> Read()
    {
        ReadResult result = ResourceReader.Read(Mesh, "/work/mesh/mesh.yaml");
        Assert.False(result.HasErrors, string.Join('\n', result.Diagnostics));
        return WorkloadDefinitions.From(result.Objects);
    }
}
