using Envoy.Service.Discovery.V3;
using Grpc.Core;
using Weft.Control.Discovery.Registry;
using Weft.Xds;

namespace Weft.Control.Tests.Hosting;

/// <summary>Streams that behave badly, and streams when the control plane goes.</summary>
public sealed class StreamTests
{
    [Fact]
    public async Task SlowReader_HoldsNobodyElse()
    {
        await using ControlPlaneFixture control = await ControlPlaneFixture.StartAsync(("many.yaml", ManyServices(400)));
        // Asks for everything and never reads.
        using AsyncDuplexStreamingCall<DeltaDiscoveryRequest, DeltaDiscoveryResponse> slow =
            new AggregatedDiscoveryService.AggregatedDiscoveryServiceClient(control.Clear).DeltaAggregatedResources(ControlPlaneFixture.Within(20));
        foreach (string type in new[] { XdsTypeUrls.Cluster, XdsTypeUrls.Listener })
            await slow.RequestStream.WriteAsync(new DeltaDiscoveryRequest { Node = XdsProbe.Sidecar("127.70.0.1", "slow"), TypeUrl = type });
        using XdsProbe quick = new(control.Clear, XdsProbe.Sidecar("127.65.0.1", "quick"));
        await quick.SubscribeAsync(XdsTypeUrls.Cluster);
        await quick.NextAsync(XdsTypeUrls.Cluster);

        for (int i = 0; i < 5; i++)
        {
            control.Plane.Publisher.Register(new WorkloadRegistration
            {
                Name = $"w{i}",
                Address = $"127.80.0.{i + 1}",
                Ports = [new WorkloadPort("http", 8000 + i, 8000 + i, 0)],
            });
            await quick.NextAsync(XdsTypeUrls.Cluster);
        }

        Assert.Contains("outbound|8004||w4.default.svc.cluster.local", quick.Held(XdsTypeUrls.Cluster).Keys);
    }

    [Fact]
    public async Task ControlPlane_Stops_EndsStreamsInOrder()
    {
        ControlPlaneFixture control = await ControlPlaneFixture.StartAsync();
        using AsyncDuplexStreamingCall<DeltaDiscoveryRequest, DeltaDiscoveryResponse> call =
            new AggregatedDiscoveryService.AggregatedDiscoveryServiceClient(control.Clear).DeltaAggregatedResources(ControlPlaneFixture.Within(20));
        await call.RequestStream.WriteAsync(new DeltaDiscoveryRequest { Node = XdsProbe.Sidecar("127.70.0.1", "w"), TypeUrl = XdsTypeUrls.Cluster });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));

        Task stopped = control.Plane.DisposeAsync().AsTask();

        // An end of the stream, not a broken connection: the proxy need not wonder what happened.
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        await stopped.WaitAsync(TimeSpan.FromSeconds(10));
        await control.DisposeAsync();
    }

    [Fact]
    public async Task Connection_IdleForAWhile_IsKept()
    {
        await using ControlPlaneFixture control = await ControlPlaneFixture.StartAsync();
        using System.Net.Sockets.TcpClient idle = new();
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(10));
        await idle.ConnectAsync("127.0.0.1", control.Plane.DiscoveryPort, limit.Token);
        // The preface and empty settings of HTTP/2; then nothing.
        await idle.GetStream().WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0"u8.ToArray(), limit.Token);

        byte[] received = new byte[4096];
        int bytes = 0;
        using CancellationTokenSource quiet = new(TimeSpan.FromSeconds(3));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            for (int read = 1; read > 0;)
                bytes += read = await idle.GetStream().ReadAsync(received.AsMemory(bytes), quiet.Token);
        });

        Assert.True(bytes > 0);
        // Type 7 is GOAWAY, the fourth byte of a frame.
        Assert.DoesNotContain(FrameTypes(received.AsSpan(0, bytes)), type => type == 7);
    }

    [Fact]
    public async Task Node_WithoutAProperId_IsRefusedWithASentence()
    {
        await using ControlPlaneFixture control = await ControlPlaneFixture.StartAsync();
        using XdsProbe probe = new(control.Clear, new Envoy.Config.Core.V3.Node { Id = "me" });
        await probe.SubscribeAsync(XdsTypeUrls.Cluster);

        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => probe.NextAsync(XdsTypeUrls.Cluster));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Contains("'me'", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Registration_Unchanged_PublishesNothing()
    {
        await using ControlPlaneFixture control = await ControlPlaneFixture.StartAsync();
        WorkloadRegistration workload = new() { Name = "w", Address = "127.80.0.1", Ports = [new WorkloadPort("http", 80, 80, 0)] };
        control.Plane.Publisher.Register(workload);
        string first = control.Plane.Publisher.PublishNow().Version;

        control.Plane.Publisher.Register(workload with { Ports = [new WorkloadPort("http", 80, 80, 0)] });

        Assert.Equal(first, control.Plane.Publisher.PublishNow().Version);
    }

    private static List<int> FrameTypes(ReadOnlySpan<byte> frames)
    {
        List<int> types = [];
        while (frames.Length >= 9)
        {
            int length = (frames[0] << 16) | (frames[1] << 8) | frames[2];
            types.Add(frames[3]);
            frames = frames[Math.Min(frames.Length, 9 + length)..];
        }

        return types;
    }

    private static string ManyServices(int count) => string.Concat(Enumerable.Range(0, count).Select(i => $$"""
        apiVersion: v1
        kind: Service
        metadata: {name: s{{i}}}
        spec: {ports: [{name: http, port: {{9000 + i}}}]}
        ---

        """));
}
