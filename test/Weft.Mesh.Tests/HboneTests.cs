using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Weft.Mesh.Tests;

/// <summary>A service that is neither HTTP nor encrypted by itself, reached through the tunnels of the mesh.</summary>
public sealed class HboneTests
{
    private const string Storefront = "spiffe://cluster.local/ns/default/sa/bookshop-storefront";
    private const string Echo = "spiffe://cluster.local/ns/default/sa/echo";

    [Fact]
    public async Task TcpService_IsReachedByHboneAndBothSidesKnowWhoSpeaks()
    {
        const int Bytes = 2_000_000;
        string log = Path.Combine(Path.GetTempPath(), $"weft-hbone-{Guid.NewGuid():N}.log");
        RunningMesh mesh = new()
        {
            Files = new Dictionary<string, string>
            {
                ["mesh.yaml"] = $$$"""
                    accessLogFile: {{{log}}}
                    accessLogFormat: "%PROTOCOL% %RESPONSE_CODE% %UPSTREAM_CLUSTER_RAW% %DOWNSTREAM_PEER_URI_SAN% %BYTES_RECEIVED% %BYTES_SENT%\n"
                    defaultConfig:
                      proxyMetadata: {ISTIO_META_ENABLE_HBONE: "true"}
                    """,
                ["echo.yaml"] = $$$"""
                    apiVersion: weft.dev/v1alpha1
                    kind: Workload
                    metadata: {name: echo, labels: {app: echo}}
                    spec:
                      workingDirectory: {{{Path.Combine(WeftInstallation.Checkout, "test", "Weft.Mesh.Tests", "Programs")}}}
                      command: [python3, tcp_echo.py]
                      serviceAccount: echo
                      ports: [{name: tcp, port: 7007}]
                    ---
                    apiVersion: v1
                    kind: Service
                    metadata: {name: echo}
                    spec:
                      selector: {app: echo}
                      ports: [{name: tcp, port: 7007}]
                    """,
            },
        };
        try
        {
            await mesh.InitializeAsync();
            JsonElement storefront = await mesh.WorkloadAsync("storefront");
            Dictionary<string, string> environment = Environment(storefront.GetProperty("appProcessId").GetInt32());
            using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(IPAddress.Parse(environment["ECHO_SERVICE_HOST"]), int.Parse(environment["ECHO_SERVICE_PORT"], CultureInfo.InvariantCulture)).WaitAsync(RunningMesh.Deadline);
            byte[] data = new byte[Bytes], back = new byte[Bytes];
            new Random(4).NextBytes(data);
            await using NetworkStream stream = new(client);
            Task send = stream.WriteAsync(data).AsTask();
            await stream.ReadExactlyAsync(back).AsTask().WaitAsync(RunningMesh.Deadline);
            await send;
            Assert.Equal(data, back);
            client.Shutdown(SocketShutdown.Send);
            Assert.Equal(0, await stream.ReadAsync(back).AsTask().WaitAsync(RunningMesh.Deadline));

            // The client's side: one stream of one connection of the tunnels' own cluster, and the metric names the server.
            string stats = await AdminAsync(mesh, storefront, "/stats?usedonly");
            Assert.Contains("cluster.connect_originate.upstream_cx_http2_total: 1\n", stats, StringComparison.Ordinal);
            await RunningMesh.UntilAsync("the source's metric counts the connection", async () => Has(
                await AdminAsync(mesh, storefront, "/stats/prometheus"), "istio_tcp_connections_closed_total", "reporter=\"source\"", $"destination_principal=\"{Echo}\"", "destination_service_name=\"echo\""), RunningMesh.Deadline);

            // The server's side: what the tunnel carried is an inbound TCP connection over mutual TLS, and log and metric name the client.
            JsonElement echo = await mesh.WorkloadAsync("echo");
            await RunningMesh.UntilAsync("the destination's metric counts the connection", async () => Has(
                await AdminAsync(mesh, echo, "/stats/prometheus"), "istio_tcp_connections_closed_total", "reporter=\"destination\"", $"source_principal=\"{Storefront}\"", "connection_security_policy=\"mutual_tls\""), RunningMesh.Deadline);
            string carried = $"- 0 inbound|7007|| {Storefront} {Bytes} {Bytes}", tunnel = $"HTTP/2 200 main_internal {Storefront} {Bytes} {Bytes}";
            await RunningMesh.UntilAsync($"the log has '{carried}' and '{tunnel}'", async () =>
            {
                string[] lines = File.Exists(log) ? await File.ReadAllLinesAsync(log) : [];
                return lines.Contains(carried) && lines.Contains(tunnel);
            }, RunningMesh.Deadline);
            Assert.Equal(0, (await mesh.WeftAsync("status")).Code);
        }
        finally
        {
            await mesh.DisposeAsync();
            File.Delete(log);
        }
    }

    private static bool Has(string page, string metric, params string[] labels) => page.Split('\n').Any(line =>
        line.StartsWith(metric + "{", StringComparison.Ordinal) && labels.All(label => line.Contains(label, StringComparison.Ordinal)));

    private static Task<string> AdminAsync(RunningMesh mesh, JsonElement workload, string path) =>
        mesh.Client.GetStringAsync($"http://{workload.GetProperty("adminAddress").GetString()}{path}");

    private static Dictionary<string, string> Environment(int process)
    {
        Dictionary<string, string> variables = [];
        foreach (string variable in File.ReadAllText($"/proc/{process}/environ").Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = variable.Split('=', 2);
            variables[parts[0]] = parts[^1];
        }

        return variables;
    }
}
