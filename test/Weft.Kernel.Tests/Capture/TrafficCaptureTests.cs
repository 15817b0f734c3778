using System.Diagnostics;
using System.Net;
using Weft.Kernel.Capture;

namespace Weft.Kernel.Tests.Capture;

/// <summary>Rules in real namespaces: what is captured, what is not, and that nothing loops. A small program plays the proxy.</summary>
public sealed class TrafficCaptureTests
{
    private const uint Proxy = 1337;
    private const uint App = 1000;

    [RootFact]
    public async Task OutboundConnection_ReachesTheProxyWithItsOriginalDestination()
    {
        await using MeshFixture mesh = await MeshFixture.CreateAsync();
        await TrafficCapture.ApplyAsync(new CaptureModel(), mesh.Client);
        using Process proxy = await MeshFixture.StartAsync(mesh.Client, Proxy, Programs.Proxy, "15001", "15006", "u15053", "15053");
        try
        {
            Assert.Equal($"15001 {mesh.ServerAddress}:8080", await Connect(mesh.Client, App, mesh.ServerAddress, 8080));
            // A service's virtual address, which nobody has.
            Assert.Equal("15001 240.240.0.7:80", await Connect(mesh.Client, App, IPAddress.Parse("240.240.0.7"), 80));
            Assert.Equal("15001 240.240.0.7:80", await Connect(mesh.Client, 0, IPAddress.Parse("240.240.0.7"), 80));
        }
        finally
        {
            proxy.Kill();
        }
    }

    [RootFact]
    public async Task InboundConnection_ReachesTheProxyUnlessItsPortIsExcluded()
    {
        await using MeshFixture mesh = await MeshFixture.CreateAsync();
        await TrafficCapture.ApplyAsync(new CaptureModel { ExcludeInboundPorts = [15021, 22] }, mesh.Server);
        using Process proxy = await MeshFixture.StartAsync(mesh.Server, Proxy, Programs.Proxy, "15001", "15006", "15021");
        try
        {
            Assert.Equal($"15006 {mesh.ServerAddress}:9080", await Connect(mesh.Client, App, mesh.ServerAddress, 9080));
            Assert.Equal($"15021 {mesh.ServerAddress}:15021", await Connect(mesh.Client, App, mesh.ServerAddress, 15021));
            Assert.Equal("ConnectionRefusedError", await Connect(mesh.Client, App, mesh.ServerAddress, 22));
        }
        finally
        {
            proxy.Kill();
        }
    }

    [RootFact]
    public async Task ProxysOwnConnections_AreNotCaptured()
    {
        await using MeshFixture mesh = await MeshFixture.CreateAsync();
        await TrafficCapture.ApplyAsync(new CaptureModel(), mesh.Client);
        using Process proxy = await MeshFixture.StartAsync(mesh.Client, Proxy, Programs.Proxy, "15001", "15006");
        using Process service = await MeshFixture.StartAsync(mesh.Server, 0, Programs.Proxy, "8080", "u53");
        try
        {
            Assert.Equal("8080 0.0.0.0:0", await Connect(mesh.Client, Proxy, mesh.ServerAddress, 8080));
            Assert.Equal("8080 0.0.0.0:0", await Connect(mesh.Client, 0, mesh.ServerAddress, 8080, mark: 1337));
            Assert.Equal($"15001 {mesh.ServerAddress}:8080", await Connect(mesh.Client, 0, mesh.ServerAddress, 8080));
            // Root in the proxy's group, as the supervisor starts proxies.
            string[] prefix = [.. Weft.Kernel.Namespaces.NetworkNamespaces.CommandPrefix(mesh.Mesh, "client", 1337)];
            Assert.Equal("8080 0.0.0.0:0", await MeshFixture.RunPrefixedAsync(prefix, Programs.Connect, mesh.ServerAddress.ToString(), "8080", "0"));
            Assert.Equal("53 question", await MeshFixture.RunAsync(mesh.Client, Proxy, Programs.Ask, mesh.ServerAddress.ToString(), "53"));
        }
        finally
        {
            proxy.Kill();
            service.Kill();
        }
    }

    [RootFact]
    public async Task Loopback_StaysWithTheWorkload()
    {
        await using MeshFixture mesh = await MeshFixture.CreateAsync();
        await TrafficCapture.ApplyAsync(new CaptureModel(), mesh.Client);
        using Process proxy = await MeshFixture.StartAsync(mesh.Client, Proxy, Programs.Proxy, "15001", "15006", "9080");
        try
        {
            // The program answers on 9080 itself: a workload that speaks with itself is not captured.
            Assert.StartsWith("9080 ", await Connect(mesh.Client, App, IPAddress.Loopback, 9080) + " ", StringComparison.Ordinal);
            Assert.StartsWith("9080 ", await Connect(mesh.Client, App, mesh.ClientAddress, 9080) + " ", StringComparison.Ordinal);
            Assert.StartsWith("9080 ", await Connect(mesh.Client, Proxy, IPAddress.Loopback, 9080) + " ", StringComparison.Ordinal);
            // What the proxy hands on to the workload's own address, from the address that Istio uses for that.
            Assert.StartsWith("9080 ", await MeshFixture.RunAsync(mesh.Client, Proxy, Programs.Connect, mesh.ClientAddress.ToString(), "9080", "0", "127.0.0.6"), StringComparison.Ordinal);
            // The proxy to the workload's own address: a call of the workload to its own service, which is inbound traffic.
            Assert.Equal($"15006 {mesh.ClientAddress}:9080", await Connect(mesh.Client, Proxy, mesh.ClientAddress, 9080));
        }
        finally
        {
            proxy.Kill();
        }
    }

    [RootFact]
    public async Task ConnectionStraightToACapturePort_IsReset()
    {
        await using MeshFixture mesh = await MeshFixture.CreateAsync();
        await TrafficCapture.ApplyAsync(new CaptureModel(), mesh.Client);
        using Process proxy = await MeshFixture.StartAsync(mesh.Client, Proxy, Programs.Proxy, "15001", "15006");
        try
        {
            foreach (ushort port in new ushort[] { 15001, 15006 })
            {
                Assert.Equal("ConnectionRefusedError", await Connect(mesh.Client, App, IPAddress.Loopback, port));
                Assert.Equal("ConnectionRefusedError", await Connect(mesh.Client, Proxy, IPAddress.Loopback, port));
            }

            // From outside: 15006 is reset; 15001 arrives as inbound traffic for a port that is not a service.
            Assert.Equal("ConnectionRefusedError", await Connect(mesh.Server, App, mesh.ClientAddress, 15006));
            Assert.Equal($"15006 {mesh.ClientAddress}:15001", await Connect(mesh.Server, App, mesh.ClientAddress, 15001));
        }
        finally
        {
            proxy.Kill();
        }
    }

    [RootFact]
    public async Task DnsQuestions_ReachTheProxyWhateverTheResolver()
    {
        await using MeshFixture mesh = await MeshFixture.CreateAsync();
        await TrafficCapture.ApplyAsync(new CaptureModel(), mesh.Client);
        using Process proxy = await MeshFixture.StartAsync(mesh.Client, Proxy, Programs.Proxy, "15001", "15006", "u15053", "15053");
        try
        {
            foreach (string resolver in new[] { "192.0.2.53", "127.0.0.53", mesh.ServerAddress.ToString() })
            {
                Assert.Equal("15053 question", await MeshFixture.RunAsync(mesh.Client, App, Programs.Ask, resolver, "53"));
                Assert.Equal($"15053 {resolver}:53", await Connect(mesh.Client, App, IPAddress.Parse(resolver), 53));
            }
        }
        finally
        {
            proxy.Kill();
        }
    }

    [RootFact]
    public async Task ExclusionsAndInclusions_DecideOutbound()
    {
        await using MeshFixture mesh = await MeshFixture.CreateAsync();
        using Process proxy = await MeshFixture.StartAsync(mesh.Client, Proxy, Programs.Proxy, "15001", "15006");
        using Process service = await MeshFixture.StartAsync(mesh.Server, App, Programs.Proxy, "8080", "8081");
        string direct = "8080 0.0.0.0:0", captured = $"15001 {mesh.ServerAddress}:8080";
        try
        {
            await Expect(new CaptureModel { ExcludeOutboundPorts = [8080] }, direct);
            await Expect(new CaptureModel { ExcludeOutboundPorts = [8081, 8082] }, captured);
            await Expect(new CaptureModel { ExcludeOutboundRanges = [$"{mesh.ServerAddress}/32"] }, direct);
            await Expect(new CaptureModel { ExcludeOutboundRanges = [mesh.ServerAddress.ToString()] }, direct);
            await Expect(new CaptureModel { ExcludeOutboundRanges = ["2001:db8::/32", "203.0.113.0/24"] }, captured);
            await Expect(new CaptureModel { IncludeOutboundRanges = ["203.0.113.0/24"] }, direct);
            await Expect(new CaptureModel { IncludeOutboundRanges = ["203.0.113.0/24", "198.18.0.0/15"] }, captured);
            await Expect(new CaptureModel { IncludeOutboundRanges = ["203.0.113.0/24"], IncludeOutboundPorts = [8080] }, captured);
            await Expect(new CaptureModel { ExcludeInterfaces = ["eth0"] }, direct);
        }
        finally
        {
            proxy.Kill();
            service.Kill();
        }

        async Task Expect(CaptureModel capture, string answer)
        {
            await TrafficCapture.ApplyAsync(capture, mesh.Client);
            Assert.Equal(answer, await Connect(mesh.Client, App, mesh.ServerAddress, 8080));
        }
    }

    [RootFact]
    public async Task Removal_LeavesNothing_AndRepeatsAreHarmless()
    {
        await using MeshFixture mesh = await MeshFixture.CreateAsync();
        for (int i = 0; i < 3; i++)
            await TrafficCapture.ApplyAsync(new CaptureModel(), mesh.Client);
        Assert.Contains("table inet weft", await Ruleset(mesh.Client), StringComparison.Ordinal);
        Assert.Equal(3, (await Ruleset(mesh.Client)).Split("chain ").Length - 1);
        await TrafficCapture.RemoveAsync(mesh.Client);
        await TrafficCapture.RemoveAsync(mesh.Client);
        Assert.Equal("", await Ruleset(mesh.Client));
    }

    [RootFact]
    public async Task RefusedRules_LeaveTheOldOnesInForce()
    {
        await using MeshFixture mesh = await MeshFixture.CreateAsync();
        await TrafficCapture.ApplyAsync(new CaptureModel { OutboundPort = 16001 }, mesh.Client);
        await Assert.ThrowsAsync<ArgumentException>(() => TrafficCapture.ApplyAsync(new CaptureModel { OutboundPort = 0 }, mesh.Client));
        Assert.Contains("16001", await Ruleset(mesh.Client), StringComparison.Ordinal);
    }

    [RootFact]
    public async Task UnknownNamespace_IsNamed()
    {
        KernelOperationException failure = await Assert.ThrowsAsync<KernelOperationException>(() => TrafficCapture.ApplyAsync(new CaptureModel(), "weft-there-is-none"));
        Assert.Contains("weft-there-is-none", failure.Message, StringComparison.Ordinal);
    }

    private static Task<string> Connect(string space, uint user, IPAddress address, ushort port, uint mark = 0) =>
        MeshFixture.RunAsync(space, user, Programs.Connect, address.ToString(), $"{port}", $"{mark}");

    private static async Task<string> Ruleset(string space) => (await MeshFixture.ShellAsync($"ip netns exec {space} nft list ruleset")).Trim();
}
