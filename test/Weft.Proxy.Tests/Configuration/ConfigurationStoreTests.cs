using System.Collections.Frozen;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Endpoint.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Weft.Proxy.Configuration;
using Weft.Proxy.Model;
using Weft.Xds;
using Weft.Xds.Protocol;

namespace Weft.Proxy.Tests.Configuration;

public class ConfigurationStoreTests
{
    private const string Cds = XdsTypeUrls.Cluster;
    private const string Eds = XdsTypeUrls.Endpoint;
    private const string Lds = XdsTypeUrls.Listener;
    private const string Rds = XdsTypeUrls.Route;

    private readonly ConfigurationStore _store = new(TimeProvider.System);

    [Fact]
    public void Cluster_WaitsForItsEndpoints()
    {
        Apply(Cds, "c", EdsCluster("c"));
        Assert.Empty(_store.Snapshot().Clusters);
        Assert.True(Assert.Single(_store.Report()).IsWarming);
        Assert.Equal(["c"], _store.Names().Endpoints);

        Apply(Eds, "c", Endpoints("c", 80));

        Assert.Equal(80, PortOf(_store.Snapshot(), "c"));
    }

    [Fact]
    public void EndpointsAlone_LeaveTheNamesAndTheOtherTablesAsTheyAre()
    {
        Apply(Cds, "c", EdsCluster("c"));
        Apply(Eds, "c", Endpoints("c", 80));
        Apply(Lds, "l", HttpListener("l", 1, "80"));
        Apply(Rds, "80", Routes("80"));
        ProxySnapshot before = _store.Snapshot();
        DependentNames names = _store.Names();

        Apply(Eds, "c", Endpoints("c", 81));
        ProxySnapshot after = _store.Snapshot();

        Assert.Equal(81, PortOf(after, "c"));
        Assert.Same(names, _store.Names());
        Assert.Same(before.RouteTables, after.RouteTables);
        Assert.NotSame(before.Clusters, after.Clusters);
    }

    [Fact]
    public void ChangedClusterWithAnotherEndpointName_ServesAsItWas_UntilTheNewEndpointsCome()
    {
        Apply(Cds, "c", EdsCluster("c"));
        Apply(Eds, "c", Endpoints("c", 80));
        _store.Snapshot();
        var changed = EdsCluster("c");
        changed.EdsClusterConfig.ServiceName = "other";
        Apply(Cds, "c", changed);
        Assert.Equal(80, PortOf(_store.Snapshot(), "c"));
        Assert.Equal(["c", "other"], _store.Names().Endpoints.Order());

        Apply(Eds, "other", Endpoints("other", 81));

        Assert.Equal(81, PortOf(_store.Snapshot(), "c"));
        Assert.Equal(["other"], _store.Names().Endpoints);
    }

    [Fact]
    public void EndpointsThatDoNotExist_EndTheWait()
    {
        Apply(Cds, "c", EdsCluster("c"));

        _store.Apply(new AdsUpdate(Eds, "1", [], ["c"]));

        Assert.Empty(_store.Snapshot().Clusters["c"].Endpoints.Localities);
    }

    [Fact]
    public void Listener_WaitsForItsRoutes_AndTheOldOneServes()
    {
        Apply(Lds, "l", HttpListener("l", 1, "80"));
        Assert.Empty(_store.Snapshot().Listeners);
        Apply(Rds, "80", Routes("80"));
        Assert.Equal(1, Assert.Single(_store.Snapshot().Listeners).Address.Port);

        Apply(Lds, "l", HttpListener("l", 2, "81"));
        Assert.Equal(1, Assert.Single(_store.Snapshot().Listeners).Address.Port);
        Assert.True(_store.Snapshot().RouteTables.ContainsKey("80"));
        Apply(Rds, "81", Routes("81"));

        var snapshot = _store.Snapshot();
        Assert.Equal(2, Assert.Single(snapshot.Listeners).Address.Port);
        Assert.Equal(["81"], snapshot.RouteTables.Keys);
    }

    [Fact]
    public void RoutesThatDoNotExist_EndTheWait()
    {
        Apply(Lds, "l", HttpListener("l", 1, "80"));

        _store.Apply(new AdsUpdate(Rds, "1", [], ["80"]));

        Assert.Single(_store.Snapshot().Listeners);
    }

    [Fact]
    public void BadResource_LeavesTheGoodOneInForce_AndTheOthersApply()
    {
        Apply(Cds, "c", StaticCluster("c", 80));
        var bad = StaticCluster("c", 81);
        bad.LbPolicy = Cluster.Types.LbPolicy.ClusterProvided;

        var refusals = _store.Apply(new AdsUpdate(Cds, "2", [Received("c", bad) with { Version = "2" }, Received("d", StaticCluster("d", 82))], []));

        var refusal = Assert.Single(refusals);
        Assert.Equal("c", refusal.Name);
        Assert.Contains("lb_policy", refusal.Error);
        Assert.Equal(80, PortOf(_store.Snapshot(), "c"));
        Assert.Equal(82, PortOf(_store.Snapshot(), "d"));
        var state = _store.Report().Single(r => r.Name == "c");
        Assert.Equal(("1", "2"), (state.Version, state.ErrorVersion));
        Assert.Contains("lb_policy", state.Error);
    }

    [Fact]
    public void GoodResourceAfterABadOne_ClearsTheError()
    {
        Apply(Cds, "c", new Cluster { Name = "c", LbPolicy = Cluster.Types.LbPolicy.ClusterProvided }, expectRefusal: true);

        Apply(Cds, "c", StaticCluster("c", 80));

        Assert.Null(Assert.Single(_store.Report()).Error);
    }

    [Fact]
    public void UnchangedParts_AreTheSameObjectsInTheNextSnapshot()
    {
        Apply(Cds, "a", EdsCluster("a"));
        Apply(Eds, "a", Endpoints("a", 80));
        Apply(Lds, "l", HttpListener("l", 1, "80"));
        Apply(Rds, "80", Routes("80"));
        var before = _store.Snapshot();

        Apply(Cds, "b", StaticCluster("b", 81));

        var after = _store.Snapshot();
        Assert.True(after.Version > before.Version);
        Assert.Same(before.Clusters["a"], after.Clusters["a"]);
        Assert.Same(before.Listeners[0], after.Listeners[0]);
        Assert.Same(before.RouteTables["80"], after.RouteTables["80"]);
    }

    [Fact]
    public void SnapshotWithoutAChange_IsTheSame()
    {
        Apply(Cds, "a", StaticCluster("a", 80));

        Assert.Same(_store.Snapshot(), _store.Snapshot());
    }

    [Fact]
    public void RemovedCluster_IsGone_WithItsEndpoints()
    {
        Apply(Cds, "a", EdsCluster("a"));
        Apply(Eds, "a", Endpoints("a", 80));
        _store.Snapshot();

        _store.Apply(new AdsUpdate(Cds, "2", [], ["a"]));

        Assert.Empty(_store.Snapshot().Clusters);
        Assert.Empty(_store.Report());
    }

    [Fact]
    public void LocalSecrets_AreInTheSnapshot_AndNotAskedFor()
    {
        var own = new SecretModel { Name = "default" };

        _store.SetLocalSecrets(new Dictionary<string, SecretModel> { ["default"] = own }.ToFrozenDictionary());

        Assert.Same(own, _store.Snapshot().Secrets["default"]);
    }

    [Fact]
    public void NameThatDiffersFromTheResource_IsRefused() =>
        Assert.Contains("calls itself `c`", Assert.Single(_store.Apply(new AdsUpdate(Cds, "1", [Received("x", StaticCluster("c", 80))], []))).Error);

    [Fact]
    public void FieldThatThisVersionDoesNotKnow_IsRefusedByItsNumber()
    {
        byte[] bytes = [.. StaticCluster("c", 80).ToByteArray(), 0xf8, 0x3f, 0x05];
        var any = new Any { TypeUrl = Cds, Value = ByteString.CopyFrom(bytes) };

        var refusal = Assert.Single(_store.Apply(new AdsUpdate(Cds, "1", [new ReceivedResource("c", "1", any)], [])));

        Assert.Contains("1023", refusal.Error);
        Assert.Contains("envoy.config.cluster.v3.Cluster", refusal.Error);
    }

    [Fact]
    public void BytesThatAreNoMessage_AreRefused()
    {
        var any = new Any { TypeUrl = Cds, Value = ByteString.CopyFrom(0x0a, 0xff, 0x01) };

        Assert.Contains("bytes", Assert.Single(_store.Apply(new AdsUpdate(Cds, "1", [new ReceivedResource("c", "1", any)], []))).Error);
    }

    [Fact]
    public void StaticResource_CannotBeReplaced()
    {
        var bootstrap = BootstrapLoader.Parse("b.yaml", BootstrapLoaderTests.ReverseProxy, TimeProvider.System).Bootstrap!;

        var refusals = bootstrap.Store.Apply(new AdsUpdate(Cds, "1", [Received("app", StaticCluster("app", 1))], []));

        Assert.Contains("static", Assert.Single(refusals).Error);
        Assert.Equal(9000, PortOf(bootstrap.Store.Snapshot(), "app"));
    }

    private static int PortOf(ProxySnapshot snapshot, string cluster) => snapshot.Clusters[cluster].Endpoints.Localities[0].Endpoints[0].Address.Port;

    private static ReceivedResource Received(string name, IMessage message) => new(name, "1", Any.Pack(message));

    private static Cluster EdsCluster(string name) => ProtoJson.Parse<Cluster>($$"""{"name":"{{name}}","type":"EDS","edsClusterConfig":{"edsConfig":{"ads":{} } } }""");

    private static Cluster StaticCluster(string name, int port) => new() { Name = name, LoadAssignment = Endpoints(name, port) };

    private static ClusterLoadAssignment Endpoints(string name, int port) => ProtoJson.Parse<ClusterLoadAssignment>(
        $$"""{"clusterName":"{{name}}","endpoints":[{"lbEndpoints":[{"endpoint":{"address":{"socketAddress":{"address":"127.0.0.1","portValue":{{port}} } } } }]}]}""");

    private static RouteConfiguration Routes(string name) => ProtoJson.Parse<RouteConfiguration>(
        $$"""{"name":"{{name}}","virtualHosts":[{"name":"v","domains":["*"],"routes":[{"match":{"prefix":"/"},"route":{"cluster":"c"} }]}]}""");

    private static Listener HttpListener(string name, int port, string routes) => ProtoJson.Parse<Listener>(
        $$"""
        {"name":"{{name}}","address":{"socketAddress":{"address":"127.0.0.1","portValue":{{port}} } },"filterChains":[{"filters":[{"name":"h","typedConfig":{
          "@type":"type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
          "rds":{"routeConfigName":"{{routes}}","configSource":{"ads":{} } },
          "httpFilters":[{"name":"router","typedConfig":{"@type":"type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"} }]
        } }]}]}
        """);

    private void Apply(string type, string name, IMessage message, bool expectRefusal = false) =>
        Assert.Equal(expectRefusal ? 1 : 0, _store.Apply(new AdsUpdate(type, "1", [Received(name, message)], [])).Count);
}
