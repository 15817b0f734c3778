using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Weft.Proxy.Admin;
using Weft.Proxy.Admin.Pages;
using Weft.Proxy.Listeners;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Tests.Admin;

/// <summary>Admin, statistics and health ports on loopback, over a configuration made in code.</summary>
internal sealed class RunningProxy : IAdminTarget, IDisposable
{
    private readonly AdminServer _server;

    public RunningProxy(TimeProvider? time = null)
    {
        AdminPages pages = new(this, Telemetry, time ?? TimeProvider.System);
        IPEndPoint any = new(IPAddress.Loopback, 0);
        _server = new AdminServer(
            [new AdminBinding(any, pages.Admin()), new AdminBinding(any, pages.Statistics()), new AdminBinding(any, pages.Health())], Said.Add);
    }

    public List<string> Said { get; } = [];

    public List<string> Done { get; } = [];

    public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ProxyTelemetry Telemetry { get; } = new(WorkloadLabels.Unknown, version: "0.1.0");

    public ServerState State { get; set; }

    public string WaitingFor { get; set; } = "";

    public (string Id, string Cluster) Node => ("sidecar~10.0.0.1~web.default~default.svc.cluster.local", "web");

    public int RestartEpoch => 3;

    public TimeSpan Age => TimeSpan.FromSeconds(1000);

    public int Concurrency => 2;

    public long DownstreamConnections => 7;

    public IReadOnlyList<SlowDetection> SlowDetections { get; set; } = [];

    public string LogLevel { get; set; } = "info";

    public ProxySnapshot Snapshot { get; set; } = new()
    {
        Version = 1,
        Listeners = [new ListenerModel { Name = "virtualOutbound", Address = NetworkAddress.FromV4(0, 15001) }],
        Clusters = new[] { Cluster("b<script>", "v1", EndpointHealth.Healthy), Cluster("a", "", EndpointHealth.Unhealthy) }
            .ToFrozenDictionary(cluster => cluster.Name),
    };

    public NetworkAddress BoundAddress(string listener) => default;

    public void WriteConfigDump(Stream stream, bool includeEndpoints) => stream.Write(Encoding.UTF8.GetBytes($"{{\"configs\":[],\"eds\":{(includeEndpoints ? 1 : 0)}}}"));

    public void FailHealthCheck(bool fail) => Done.Add($"fail {fail}");

    public void DrainListeners() => Done.Add("drain");

    public void Quit() => Ended.SetResult();

    public void Dispose()
    {
        _server.Dispose();
        Telemetry.Dispose();
    }

    public IPEndPoint Address(int site) => _server.Addresses[site];

    public Task<(int Status, string Body, string Head)> Get(string target, int site = 0) => Send($"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n", site);

    public Task<(int Status, string Body, string Head)> Post(string target, int site = 0, string headers = "") =>
        Send($"POST {target} HTTP/1.1\r\nHost: 127.0.0.1:15000\r\nContent-Length: 0\r\n{headers}\r\n", site);

    /// <summary>Sends bytes as they are and reads the answer to its end, which must be the end of the connection.</summary>
    public async Task<(int Status, string Body, string Head)> Send(string request, int site = 0)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(15));
        using TcpClient client = new();
        await client.ConnectAsync(Address(site), deadline.Token);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request), deadline.Token);
        using MemoryStream all = new();
        await client.GetStream().CopyToAsync(all, deadline.Token);
        string text = Encoding.UTF8.GetString(all.ToArray());
        if (text.Length == 0) return (0, "", "");
        int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        string head = text[..end];
        string body = text[(end + 4)..];
        return (int.Parse(head.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture), head.Contains("chunked") && body.Length > 0 ? Unchunk(body) : body, head);
    }

    private static string Unchunk(string body)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        using MemoryStream whole = new();
        for (int at = 0; ;)
        {
            int line = bytes.AsSpan(at).IndexOf("\r\n"u8);
            int size = Convert.ToInt32(Encoding.ASCII.GetString(bytes, at, line), 16);
            at += line + 2;
            if (size == 0)
            {
                Assert.Equal("\r\n", Encoding.ASCII.GetString(bytes, at, bytes.Length - at));
                return Encoding.UTF8.GetString(whole.ToArray());
            }

            whole.Write(bytes, at, size);
            at += size;
            Assert.Equal("\r\n", Encoding.ASCII.GetString(bytes, at, 2));
            at += 2;
        }
    }

    private static ClusterModel Cluster(string name, string version, EndpointHealth health) => new()
    {
        Name = name,
        VersionInfo = version,
        Endpoints = new EndpointSetModel
        {
            Localities =
            [
                new LocalityEndpointsModel
                {
                    Locality = new LocalityModel("eu", "eu-1", ""), Priority = 1,
                    Endpoints = [new EndpointModel { Address = NetworkAddress.FromV4(0x0a000001, 80), Weight = 3, Health = health }],
                },
            ],
        },
    };
}
