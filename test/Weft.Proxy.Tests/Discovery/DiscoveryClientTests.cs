using System.Threading.Channels;
using Envoy.Config.Cluster.V3;
using Envoy.Service.Discovery.V3;
using Istio.Networking.Nds.V1;
using Weft.Proxy.Configuration;
using Weft.Proxy.Discovery;
using Weft.Proxy.Model;
using Weft.Xds;

namespace Weft.Proxy.Tests.Discovery;

public sealed class DiscoveryClientTests : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<ProxySnapshot> _snapshots = Channel.CreateBounded<ProxySnapshot>(10_000);
    private Task _running = Task.CompletedTask;
    private DiscoveryClient? _client;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(Deadline);
        _stop.Dispose();
    }

    [Theory]
    [InlineData("DELTA_GRPC")]
    [InlineData("GRPC")]
    public async Task WholeChain_IsFetched_AndChangesArrive(string api)
    {
        await using var server = await AdsTestServer.StartAsync(ResourceView.Chain("1", 9001));
        Start(server.Port, api);

        await Until(s => s.Listeners.Count == 1 && s.RouteTables.ContainsKey("80") && PortOf(s) == 9001);
        server.Publish(ResourceView.Chain("2", 9002));

        await Until(s => PortOf(s) == 9002);
        Assert.True(_client!.Status.IsConnected);
        Assert.All(_client.Status.Types, t => Assert.Null(t.Error));
    }

    [Theory]
    [InlineData("DELTA_GRPC")]
    [InlineData("GRPC")]
    public async Task RemovedResources_AreGone(string api)
    {
        await using var server = await AdsTestServer.StartAsync(ResourceView.Chain("1", 9001));
        Start(server.Port, api);
        await Until(s => s.Listeners.Count == 1);

        server.Publish(new ResourceView("2").With("d", new Cluster { Name = "d" }));

        await Until(s => s.Listeners.Count == 0 && s.RouteTables.Count == 0 && s.Clusters.Keys.SequenceEqual(["d"]));
    }

    [Theory]
    [InlineData("DELTA_GRPC")]
    [InlineData("GRPC")]
    public async Task BadResource_IsRefusedByName_AndTheServerIsToldWhy(string api)
    {
        var bad = ResourceView.Cluster("bad");
        bad.LbPolicy = Cluster.Types.LbPolicy.ClusterProvided;
        await using var server = await AdsTestServer.StartAsync(ResourceView.Chain("1", 9001).With("bad", bad));
        Start(server.Port, api);

        var error = await FirstError(server);

        Assert.Equal("bad: lb_policy: CLUSTER_PROVIDED belongs to clusters of type ORIGINAL_DST, and they to it.", error);
        await Until(s => s.Clusters.ContainsKey("c") && !s.Clusters.ContainsKey("bad"));
        Assert.Contains("lb_policy", _client!.Status.Types.Single(t => t.TypeUrl == XdsTypeUrls.Cluster).Error);
    }

    [Fact]
    public async Task KilledServer_LeavesEverythingInForce_AndTheClientComesBackForTheDifferences()
    {
        var first = await AdsTestServer.StartAsync(ResourceView.Chain("1", 9001));
        var port = first.Port;
        Start(port, "DELTA_GRPC");
        await Until(s => s.Listeners.Count == 1 && PortOf(s) == 9001);
        await first.KillAsync();
        await first.DisposeAsync();
        while (_snapshots.Reader.TryRead(out _))
        {
        }

        await using var second = await AdsTestServer.StartAsync(ResourceView.Chain("2", 9002), port);

        await Until(s =>
        {
            Assert.Single(s.Listeners);
            Assert.NotEqual(0, PortOf(s));
            return PortOf(s) == 9002;
        });
        var request = (DeltaDiscoveryRequest)await second.Requests.ReadAsync().AsTask().WaitAsync(Deadline);
        Assert.Equal("sidecar~127.0.0.1~a.b~b.svc.cluster.local", request.Node.Id);
        Assert.Equal(["c"], request.InitialResourceVersions.Keys);
        Assert.NotNull(_client!.Status.LastError);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reconnects_LeaveNoSocketBehind(bool orderly)
    {
        var server = await AdsTestServer.StartAsync(ResourceView.Chain("1", 9001));
        var port = server.Port;
        Start(port, "DELTA_GRPC");
        await Until(s => PortOf(s) == 9001);
        for (var version = 2; version <= 8; version++)
        {
            if (!orderly)
            {
                await server.KillAsync();
            }

            await server.DisposeAsync();
            var next = 9000 + version;
            server = await AdsTestServer.StartAsync(ResourceView.Chain($"{version}", next), port);
            await Until(s => PortOf(s) == next);
        }

        // The newest connection, and none of those before it.
        using var deadline = new CancellationTokenSource(Deadline);
        while (ClientSockets(port) is { Count: not 1 } left)
        {
            Assert.False(deadline.IsCancellationRequested, string.Join('\n', left));
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }

        await server.DisposeAsync();
    }

    [Theory]
    [InlineData("DELTA_GRPC")]
    [InlineData("GRPC")]
    public async Task NameTable_ArrivesWhenItIsAskedFor(string api)
    {
        var tables = Channel.CreateBounded<NameTable>(100);
        var names = new NameTable { Table = { ["reviews.default.svc.cluster.local"] = new NameTable.Types.NameInfo { Ips = { "10.0.0.1" } } } };
        await using var server = await AdsTestServer.StartAsync(ResourceView.Chain("1", 9001).With("names", names));
        Start(server.Port, api, table => Assert.True(tables.Writer.TryWrite(table)));

        Assert.Equal(names, await tables.Reader.ReadAsync().AsTask().WaitAsync(Deadline));
    }

    [Fact]
    public async Task ServerThatIsNotThereYet_IsWaitedFor()
    {
        var probe = await AdsTestServer.StartAsync(ResourceView.Chain("1", 9001));
        var port = probe.Port;
        await probe.DisposeAsync();
        Start(port, "DELTA_GRPC");

        await using var server = await AdsTestServer.StartAsync(ResourceView.Chain("1", 9001), port);

        await Until(s => s.Listeners.Count == 1);
    }

    [Fact]
    public void BackOff_DoublesUpToItsBound_AndStaysInItsUpperHalf()
    {
        var lowest = new DiscoveryBackOff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), () => 0);
        var highest = new DiscoveryBackOff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), () => 1);

        Assert.Equal([0.5, 1, 2, 2.5, 2.5], Enumerable.Range(0, 5).Select(_ => lowest.Next().TotalSeconds));
        Assert.Equal([1, 2, 4, 5, 5], Enumerable.Range(0, 5).Select(_ => highest.Next().TotalSeconds));
        highest.Reset();
        Assert.Equal(1, highest.Next().TotalSeconds);
    }

    /// <summary>Sockets to a server's port that somebody still holds, in any state (proc(5)): CLOSE_WAIT is one that its owner forgot.</summary>
    private static List<string> ClientSockets(int port)
    {
        var remote = $":{port:X4}";
        return [.. File.ReadLines("/proc/net/tcp").Concat(File.ReadLines("/proc/net/tcp6")).Skip(1)
            .Where(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: > 9 } fields && fields[2].EndsWith(remote, StringComparison.Ordinal) && fields[9] != "0")];
    }

    private static int PortOf(ProxySnapshot snapshot) =>
        snapshot.Clusters.TryGetValue("c", out var cluster) && cluster.Endpoints.Localities.Count > 0 ? cluster.Endpoints.Localities[0].Endpoints[0].Address.Port : 0;

    private static async Task<string> FirstError(AdsTestServer server)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        await foreach (var request in server.Requests.ReadAllAsync(deadline.Token))
        {
            var detail = request is DeltaDiscoveryRequest delta ? delta.ErrorDetail : ((DiscoveryRequest)request).ErrorDetail;
            if (detail is not null)
            {
                return detail.Message;
            }
        }

        throw new InvalidOperationException("The server ended without a NACK.");
    }

    private async Task<ProxySnapshot> Until(Predicate<ProxySnapshot> condition)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (true)
        {
            var snapshot = await _snapshots.Reader.ReadAsync(deadline.Token);
            if (condition(snapshot))
            {
                return snapshot;
            }
        }
    }

    private void Start(int port, string api, Action<NameTable>? onNameTable = null)
    {
        var result = BootstrapLoader.Parse("test.yaml", $$"""
            node: { id: "sidecar~127.0.0.1~a.b~b.svc.cluster.local" }
            dynamic_resources:
              lds_config: { ads: {} }
              cds_config: { ads: {} }
              ads_config: { api_type: {{api}}, transport_api_version: V3, grpc_services: [ { envoy_grpc: { cluster_name: xds } } ] }
            static_resources:
              clusters:
              - name: xds
                load_assignment:
                  cluster_name: xds
                  endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: {{port}} } } } } ] } ]
            """, TimeProvider.System);
        Assert.Empty(result.Errors);
        var bootstrap = result.Bootstrap!;
        var publisher = new SnapshotPublisher(bootstrap.Store, s => Assert.True(_snapshots.Writer.TryWrite(WithoutStatic(s))));
        _client = new DiscoveryClient(bootstrap, publisher, () => new GrpcDiscoveryTransport(bootstrap.XdsServer!), TimeProvider.System, onNameTable);
        _running = _client.RunAsync(_stop.Token);
    }

    /// <summary>The configuration server's own cluster is in every snapshot; tests look at the rest.</summary>
    private static ProxySnapshot WithoutStatic(ProxySnapshot snapshot) => new()
    {
        Version = snapshot.Version,
        Listeners = snapshot.Listeners,
        RouteTables = snapshot.RouteTables,
        Secrets = snapshot.Secrets,
        Clusters = System.Collections.Frozen.FrozenDictionary.ToFrozenDictionary(snapshot.Clusters.Where(c => c.Key != "xds")),
    };
}
