using Weft.Control.Discovery.Registry;
using Weft.Control.Discovery.Snapshot;

namespace Weft.Control.Tests.Discovery;

/// <summary>Services and endpoints from every kind that declares them.</summary>
public sealed class RegistryTests
{
    private const string Orders = """
        apiVersion: v1
        kind: Service
        metadata: {name: orders}
        spec: {selector: {app: orders}, ports: [{name: http, port: 80}]}
        """;

    [Fact]
    public void Process_WithoutService_GetsOneOfItsOwn()
    {
        MeshSnapshot mesh = Mesh.Of("", Mesh.Process("orders-1", "orders", "127.64.0.1"));

        ServiceModel service = mesh.Service("orders.default.svc.cluster.local");
        EndpointModel endpoint = Assert.Single(mesh.Registry.EndpointsOf(service));
        Assert.Equal("spiffe://cluster.local/ns/default/sa/orders", endpoint.Identity);
        Assert.Equal(TlsMode.Istio, endpoint.TlsMode);
        Assert.Equal(PortProtocol.Http, service.Ports[0].Protocol);
    }

    [Fact]
    public void Process_SelectedByService_JoinsItAndHasNoneOfItsOwn()
    {
        MeshSnapshot mesh = Mesh.Of(Orders, Mesh.Process("orders-1", "orders", "127.64.0.1"), Mesh.Process("orders-2", "orders", "127.65.0.1"));

        ServiceModel service = Assert.Single(mesh.Registry.Services);
        Assert.Equal(["127.64.0.1", "127.65.0.1"], mesh.Registry.EndpointsOf(service).Select(endpoint => endpoint.Address));
    }

    [Fact]
    public void Workload_NotRunningYet_HasItsServiceAlready()
    {
        MeshSnapshot mesh = Mesh.Of("""
            apiVersion: weft.dev/v1alpha1
            kind: Workload
            metadata: {name: pay}
            spec: {command: [pay], ports: [{name: grpc, port: 9090}]}
            """);

        ServiceModel service = mesh.Service("pay.default.svc.cluster.local");
        Assert.Equal(PortProtocol.Grpc, service.Ports[0].Protocol);
        Assert.Empty(mesh.Registry.EndpointsOf(service));
    }

    [Fact]
    public void Workload_SelectedButNotRunning_HasNoServiceOfItsOwn()
    {
        MeshSnapshot mesh = Mesh.Of(Orders + """

            ---
            apiVersion: weft.dev/v1alpha1
            kind: Workload
            metadata: {name: backend, labels: {app: orders}}
            spec: {command: [orders], ports: [{name: http, port: 80}]}
            """);

        Assert.Equal("orders.default.svc.cluster.local", Assert.Single(mesh.Registry.Services).Hostname);
    }

    [Fact]
    public void ServiceEntry_WithWorkloadSelector_FindsEntriesByLabels()
    {
        MeshSnapshot mesh = Mesh.Of("""
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: vms}
            spec:
              hosts: [vms.example]
              resolution: STATIC
              location: MESH_INTERNAL
              workloadSelector: {labels: {app: vm}}
              ports: [{number: 80, name: http, protocol: HTTP, targetPort: 8080}]
            ---
            apiVersion: networking.istio.io/v1
            kind: WorkloadEntry
            metadata: {name: one}
            spec: {address: 10.9.0.1, labels: {app: vm}, ports: {http: 9999}, weight: 7}
            ---
            apiVersion: networking.istio.io/v1
            kind: WorkloadEntry
            metadata: {name: two}
            spec: {address: 10.9.0.2, labels: {app: other}}
            """);

        EndpointModel endpoint = Assert.Single(mesh.Registry.EndpointsOf(mesh.Service("vms.example")));
        Assert.Equal(("10.9.0.1", 9999, 7), (endpoint.Address, endpoint.Port, endpoint.Weight));
    }

    [Fact]
    public void EndpointSlice_NotReady_IsUnhealthy()
    {
        MeshSnapshot mesh = Mesh.Of("""
            apiVersion: v1
            kind: Service
            metadata: {name: db}
            spec: {ports: [{name: tcp, port: 5432}]}
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: db-1, labels: {kubernetes.io/service-name: db}}
            addressType: IPv4
            endpoints: [{addresses: [10.0.0.1], conditions: {ready: false}}, {addresses: [10.0.0.2]}]
            ports: [{name: tcp, port: 15432}]
            """);

        Assert.Equal(
            [("10.0.0.1", false), ("10.0.0.2", true)],
            mesh.Registry.EndpointsOf(mesh.Service("db.default.svc.cluster.local")).Select(endpoint => (endpoint.Address, endpoint.Healthy)));
        Assert.Equal(15432, mesh.Registry.EndpointsOf(mesh.Service("db.default.svc.cluster.local"))[0].Port);
    }

    [Theory]
    [InlineData("http-api", null, 80, PortProtocol.Http)]
    [InlineData("grpc-web", null, 80, PortProtocol.GrpcWeb)]
    [InlineData("grpc-web-x", null, 80, PortProtocol.GrpcWeb)]
    [InlineData("x", "kubernetes.io/h2c", 80, PortProtocol.Http2)]
    [InlineData("http", "tcp", 80, PortProtocol.Tcp)]
    [InlineData("x", "kubernetes.io/ws", 80, PortProtocol.Http)]
    [InlineData("x", "kubernetes.io/wss", 443, PortProtocol.Https)]
    [InlineData("tcp", "http", 80, PortProtocol.Http)]
    [InlineData("x", "HTTP2", 80, PortProtocol.Http2)]
    [InlineData("x", "grpc", 80, PortProtocol.Grpc)]
    [InlineData("x", "grpc-web", 80, PortProtocol.GrpcWeb)]
    [InlineData("x", "https", 80, PortProtocol.Https)]
    [InlineData("x", "tls", 80, PortProtocol.Tls)]
    [InlineData("x", "mongo", 80, PortProtocol.Mongo)]
    [InlineData("x", "mysql", 80, PortProtocol.MySql)]
    [InlineData("x", "redis", 80, PortProtocol.Redis)]
    [InlineData("x", "example.com/own", 80, PortProtocol.Unsupported)]
    [InlineData("tls", null, 80, PortProtocol.Tls)]
    [InlineData("https-web", null, 80, PortProtocol.Https)]
    [InlineData("http2-x", null, 80, PortProtocol.Http2)]
    [InlineData("grpc-x", null, 80, PortProtocol.Grpc)]
    [InlineData("mongo-x", null, 80, PortProtocol.Mongo)]
    [InlineData("mysql", null, 80, PortProtocol.MySql)]
    [InlineData("redis-x", null, 80, PortProtocol.Redis)]
    [InlineData("", null, 3306, PortProtocol.Tcp)]
    [InlineData("smtp", null, 25, PortProtocol.Tcp)]
    [InlineData("", null, 53, PortProtocol.Tcp)]
    [InlineData("", null, 27017, PortProtocol.Tcp)]
    [InlineData("http", null, 3306, PortProtocol.Http)]
    [InlineData("", null, 8080, PortProtocol.Unsupported)]
    [InlineData("anything", null, 8080, PortProtocol.Unsupported)]
    public void Port_NameAndAppProtocol_SelectTheProtocol(string name, string? appProtocol, int port, PortProtocol expected) =>
        Assert.Equal(expected, PortProtocols.OfServicePort(port, name, "TCP", appProtocol));

    [Fact]
    public void WellKnownPortOfTheWorkload_CountsLikeThatOfTheService()
    {
        Assert.Equal(PortProtocol.Tcp, PortProtocols.OfServicePort(1234, "x", null, null, 3306));
        Assert.Equal(PortProtocol.Tcp, PortProtocols.OfServicePort(3306, "x", null, null, 1234));
        Assert.Equal(PortProtocol.Http, PortProtocols.OfServicePort(1234, "http", null, null, 3306));
    }

    [Fact]
    public void Slots_OfServices_DoNotMoveWhenOthersCome()
    {
        string[] names = [.. Enumerable.Range(0, 2000).Select(i => $"default/s{i}.default.svc.cluster.local")];
        var few = AddressAllocator.Allocate(names.Take(50));
        var many = AddressAllocator.Allocate(names);

        Assert.Equal(names.Length, many.Values.Distinct().Count());
        int moved = few.Count(pair => many[pair.Key] != pair.Value);
        Assert.InRange(moved, 0, 3);
        Assert.Equal("240.240.1.1", AddressAllocator.AddressOf("240.240", 0));
        Assert.Equal("127.71.250.250", AddressAllocator.AddressOf("127.71", AddressAllocator.Slots - 1));
    }

    [Theory]
    [InlineData("a.example.com", "*.example.com", true)]
    [InlineData("example.com", "*.example.com", false)]
    [InlineData("*.a.example.com", "*.example.com", true)]
    [InlineData("*.example.com", "*.a.example.com", false)]
    [InlineData("anything", "*", true)]
    public void Host_UnderPattern_IsASubset(string inner, string outer, bool expected) => Assert.Equal(expected, HostNames.IsSubsetOf(inner, outer));
}
