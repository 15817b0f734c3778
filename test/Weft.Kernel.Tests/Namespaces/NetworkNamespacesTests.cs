using System.Diagnostics;
using System.Net;
using Weft.Kernel.Namespaces;

namespace Weft.Kernel.Tests.Namespaces;

/// <summary>The private network of a mesh: who reaches whom, and that nothing is left behind.</summary>
public sealed class NetworkNamespacesTests
{
    [RootFact]
    public async Task WorkloadsAndHost_ReachEachOther()
    {
        await using MeshFixture mesh = await MeshFixture.CreateAsync();
        using Process service = await MeshFixture.StartAsync(mesh.Server, 1000, Programs.Proxy, "8080");
        try
        {
            Assert.StartsWith("8080 ", await MeshFixture.RunAsync(mesh.Client, 1000, Programs.Connect, mesh.ServerAddress.ToString(), "8080", "0"), StringComparison.Ordinal);
            using System.Net.Sockets.Socket fromHost = new(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
            await fromHost.ConnectAsync(mesh.ServerAddress, 8080).WaitAsync(TimeSpan.FromSeconds(10));
            Assert.Equal(mesh.Mesh.HostAddress, ((IPEndPoint)fromHost.LocalEndPoint!).Address.MapToIPv4());
        }
        finally
        {
            service.Kill();
        }
    }

    [RootFact]
    public async Task HostListener_IsReachedFromAWorkload()
    {
        await using MeshFixture mesh = await MeshFixture.CreateAsync();
        using System.Net.Sockets.TcpListener listener = new(mesh.Mesh.HostAddress, 0);
        listener.Start();
        Task<string> client = MeshFixture.RunAsync(mesh.Client, 1337, Programs.Connect, mesh.Mesh.HostAddress.ToString(), $"{((IPEndPoint)listener.LocalEndpoint).Port}", "0");
        using System.Net.Sockets.Socket accepted = await listener.AcceptSocketAsync().WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(mesh.ClientAddress, ((IPEndPoint)accepted.RemoteEndPoint!).Address);
        accepted.Send("hello"u8);
        Assert.Equal("hello", await client);
    }

    [RootFact]
    public async Task SocketOpenedInANamespace_BelongsToIt()
    {
        await using MeshFixture mesh = await MeshFixture.CreateAsync();
        using Process service = await MeshFixture.StartAsync(mesh.Server, 1000, Programs.Proxy, "8080");
        try
        {
            using System.Net.Sockets.Socket socket = NamespaceSockets.OpenTcp(mesh.Server);
            await socket.ConnectAsync(IPAddress.Loopback, 8080).WaitAsync(TimeSpan.FromSeconds(10));
            byte[] answer = new byte[100];
            Assert.StartsWith("8080 ", System.Text.Encoding.ASCII.GetString(answer, 0, await socket.ReceiveAsync(answer).WaitAsync(TimeSpan.FromSeconds(10))), StringComparison.Ordinal);
        }
        finally
        {
            service.Kill();
        }

        Assert.Throws<KernelOperationException>(() => NamespaceSockets.OpenTcp("weft-there-is-none"));
    }

    [RootFact]
    public async Task Removal_LeavesNothingBehind()
    {
        MeshFixture mesh = await MeshFixture.CreateAsync();
        Assert.Equal(3, (await NetworkNamespaces.ListAsync(mesh.Mesh)).Count);
        await NetworkNamespaces.RemoveWorkloadAsync(mesh.Mesh, "client");
        await NetworkNamespaces.RemoveWorkloadAsync(mesh.Mesh, "client");
        Assert.Equal(2, (await NetworkNamespaces.ListAsync(mesh.Mesh)).Count);
        await mesh.DisposeAsync();
        await mesh.DisposeAsync();
        Assert.Empty(await NetworkNamespaces.ListAsync(mesh.Mesh));
        Assert.Equal("", await MeshFixture.ShellAsync($"ip -br address | grep '{mesh.Mesh.HostAddress}/'; ip route | grep '{mesh.Mesh.Subnet}'"));
    }

    [RootFact]
    public async Task LeftoversOfAnEarlierRun_AreReplaced()
    {
        await using MeshFixture mesh = await MeshFixture.CreateAsync();
        await NetworkNamespaces.CreateAsync(mesh.Mesh);
        Assert.Equal([mesh.Mesh.BridgeNamespace], await NetworkNamespaces.ListAsync(mesh.Mesh));
    }

    [RootFact]
    public async Task SecondWorkloadOfAName_IsRefusedAndHarmsNothing()
    {
        await using MeshFixture mesh = await MeshFixture.CreateAsync();
        await Assert.ThrowsAsync<KernelOperationException>(() => NetworkNamespaces.AddWorkloadAsync(mesh.Mesh, "client", mesh.Mesh.Address(9)));
        Assert.Contains(mesh.Client, await NetworkNamespaces.ListAsync(mesh.Mesh));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Upper")]
    [InlineData("../etc")]
    [InlineData("a b")]
    [InlineData("-rf; reboot")]
    public void NameThatCannotBe_IsRefused(string name)
    {
        Assert.Throws<ArgumentException>(() => new MeshNetwork(name, IPNetwork.Parse("198.18.0.0/24")));
        Assert.Throws<ArgumentException>(() => new MeshNetwork("ok", IPNetwork.Parse("198.18.0.0/24")).WorkloadNamespace(name));
    }

    [Fact]
    public async Task AddressOutsideOrTaken_IsRefused()
    {
        MeshNetwork mesh = new("ok", IPNetwork.Parse("198.18.0.0/24"));
        await Assert.ThrowsAsync<ArgumentException>(() => NetworkNamespaces.AddWorkloadAsync(mesh, "a", IPAddress.Parse("10.0.0.1")));
        await Assert.ThrowsAsync<ArgumentException>(() => NetworkNamespaces.AddWorkloadAsync(mesh, "a", mesh.HostAddress));
        Assert.Throws<ArgumentException>(() => mesh.Address(255));
        Assert.Throws<ArgumentException>(() => mesh.Address(0));
        Assert.Equal("198.18.0.254", mesh.Address(254).ToString());
    }
}
