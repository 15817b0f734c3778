using System.Diagnostics;
using System.Text.Json.Nodes;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Weft.Proxy.Configuration;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Hosting;
using Weft.Proxy.Tests.Tls;
using Weft.Xds;
using Weft.Xds.Protocol;
using Endpoint = Envoy.Config.Endpoint.V3.Endpoint;
using Listener = Envoy.Config.Listener.V3.Listener;
using static Weft.Proxy.Tests.Engine.ConfiguredProxy;
using static Weft.Proxy.Tests.Tls.OpensslAuthority;

namespace Weft.Proxy.Tests.Tcp;

/// <summary>
/// TLS that goes through by server name, as the control plane makes it of a Gateway with PASSTHROUGH or AUTO_PASSTHROUGH and VirtualServices with <c>tls</c> rules (its
/// golden file <c>transport/edge</c>), with openssl on both sides; and ClientHellos that are not as they should be (catalogue case 46).
/// </summary>
public sealed class SniPassThroughTests : IDisposable
{
    private const string All = "outbound|5432||db.default.svc.cluster.local";
    private const string SubsetA = "outbound|5432|a|db.default.svc.cluster.local";
    private const string SubsetB = "outbound|5432|b|db.default.svc.cluster.local";
    private const string Automatic = "outbound_.5432_._.db.default.svc.cluster.local";
    private readonly OpensslAuthority _authority = new();
    private readonly List<Process> _servers = [];

    public void Dispose()
    {
        foreach (Process server in _servers)
        {
            if (!server.HasExited) server.Kill();
            server.Dispose();
        }

        _authority.Dispose();
    }

    [Theory]
    [InlineData("a.db.example.com", SubsetA)]
    [InlineData("A.DB.example.COM", SubsetA)]
    [InlineData("b.db.example.com", All)]
    [InlineData("deep.b.db.example.com", All)]
    public async Task ServerName_ChoosesTheDestination(string name, string cluster)
    {
        await using ConfiguredProxy proxy = await StartAsync("0.0.0.0_8443", (SubsetA, "a"), (All, "all"));
        Assert.Contains($"subject=CN = {(cluster == SubsetA ? "a" : "all")}", await ClientAsync(proxy, "0.0.0.0_8443", $"-servername {name}"), StringComparison.Ordinal);
        Seen seen = await proxy.NextAsync();
        Assert.Equal(name.ToLowerInvariant(), seen.ServerName);
        Assert.InRange(seen.Received, 200, 100_000);
        Assert.InRange(seen.Sent, 500, 100_000);
        await proxy.AssertNoMoreAsync();
    }

    [Theory]
    [InlineData("-servername other.example.com")]
    [InlineData("-servername db.example.com")]
    [InlineData("-noservername")]
    public async Task NameThatNoRuleHas_IsClosedAndRecorded(string option)
    {
        await using ConfiguredProxy proxy = await StartAsync("0.0.0.0_8443", (SubsetA, "a"), (All, "all"));
        Assert.DoesNotContain("subject=CN", await ClientAsync(proxy, "0.0.0.0_8443", option), StringComparison.Ordinal);
        Seen seen = await proxy.NextAsync();
        Assert.Equal(ResponseFlags.NoRouteFound, seen.Flags);
        Assert.Equal("filter_chain_not_found", seen.Details);
        Assert.Equal(1, await proxy.StatAsync("listener.0.0.0.0_8443.no_filter_chain_match"));
    }

    [Fact]
    public async Task WeightedDestinations_BothGetTheirShare()
    {
        await using ConfiguredProxy proxy = await StartAsync("0.0.0.0_8443", (SubsetA, "a"), (SubsetB, "b"));
        HashSet<string> seen = [];
        for (int i = 0; i < 60 && seen.Count < 2; i++)
        {
            string text = await ClientAsync(proxy, "0.0.0.0_8443", "-servername web.example.com");
            seen.Add(text.Contains("subject=CN = a\n", StringComparison.Ordinal) ? "a" : text.Contains("subject=CN = b\n", StringComparison.Ordinal) ? "b" : text);
        }

        Assert.Equal(["a", "b"], seen.Order());
    }

    [Fact]
    public async Task AutomaticPassThrough_GoesByTheMeshsOwnNames()
    {
        await using ConfiguredProxy proxy = await StartAsync("0.0.0.0_15443", (Automatic, "all"));
        Assert.Contains("subject=CN = all", await ClientAsync(proxy, "0.0.0.0_15443", $"-servername {Automatic} -alpn istio"), StringComparison.Ordinal);

        // A client that is no proxy of a mesh has no business there.
        Assert.DoesNotContain("subject=CN", await ClientAsync(proxy, "0.0.0.0_15443", $"-servername {Automatic} -alpn h2"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EachSidesEnd_IsPassedOnWhileTheOtherGoesOn()
    {
        TaskCompletionSource<string> seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer server = ScriptedServer.Start(async client =>
        {
            (string text, _) = await client.ReadToEndAsync();
            seen.SetResult(text);
            // The client has ended its side; the answer still reaches it.
            await client.SendAsync("answer after the end");
        });
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(
            ConfiguredProxy.Listener(TcpChain("upstream", "filter_chain_match: { server_names: [ shop.example.com ] }"), $"listener_filters: [ {Inspectors()} ]"),
            ConfiguredProxy.Cluster(server.Port));
        using RawClient client = await RawClient.ConnectAsync(proxy.Port());
        byte[] hello = ClientHello("shop.example.com");
        await client.SendAsync(hello);
        client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        Assert.Equal("answer after the end", (await client.ReadToEndAsync()).Text);
        Assert.Equal(hello.Length, (await seen.Task.WaitAsync(ProxyUnderTest.Deadline)).Length);
    }

    /// <summary>Case 46: the name is found however the ClientHello is cut, into TCP segments and into records.</summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(7, 0)]
    [InlineData(0, 1)]
    [InlineData(0, 50)]
    [InlineData(3, 40)]
    public async Task ClientHelloInPieces_IsRoutedAndPassedOnAsItCame(int segmentBytes, int recordBytes)
    {
        byte[] hello = ClientHello("shop.example.com");
        if (recordBytes > 0) hello = InRecords(hello, recordBytes);
        using ScriptedServer server = ScriptedServer.Start(async client => await client.SendAsync(await client.ReadExactlyAsync(hello.Length)));
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(
            ConfiguredProxy.Listener(TcpChain("upstream", "filter_chain_match: { server_names: [ '*.example.com' ] }"), $"listener_filters: [ {Inspectors()} ]"),
            ConfiguredProxy.Cluster(server.Port));
        using RawClient client = await RawClient.ConnectAsync(proxy.Port());
        for (int at = 0; at < hello.Length;)
        {
            int count = Math.Min(segmentBytes > 0 ? segmentBytes : hello.Length, hello.Length - at);
            await client.SendAsync(hello.AsMemory(at, count));
            at += count;
        }

        Assert.Equal(hello, await client.ReadExactlyAsync(hello.Length));
    }

    /// <summary>Case 46: what is no ClientHello, or one without end, matches no name; the connection ends and others are served.</summary>
    [Theory]
    [InlineData("too large")]
    [InlineData("oversized record")]
    [InlineData("sslv2")]
    [InlineData("garbage")]
    [InlineData("garbage in the name")]
    [InlineData("plain http")]
    public async Task ThingsThatAreNoClientHello_AreClosedAndRecorded(string kind)
    {
        byte[] bytes = kind switch
        {
            "too large" => [0x16, 3, 1, 0x40, 0, 1, 0, 0xFF, 0xFF, .. new byte[17_000]],
            "oversized record" => [0x16, 3, 1, 0xFF, 0xFF, 1, 0, 1, 0, .. new byte[17_000]],
            "sslv2" => [0x80, 0x2E, 1, 0, 2, 0, 0x15, 0, 0, 0, 0x10, .. new byte[40]],
            "garbage" => [.. Enumerable.Range(0, 500).Select(i => (byte)(i * 7 + 1))],
            "garbage in the name" => ClientHello("shop\0.example.com"),
            _ => "GET / HTTP/1.1\r\nHost: shop.example.com\r\n\r\n"u8.ToArray(),
        };
        using ScriptedServer server = ScriptedServer.Echoing();
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(
            ConfiguredProxy.Listener(TcpChain("upstream", "filter_chain_match: { server_names: [ '*.example.com' ] }"), $"listener_filters: [ {Inspectors()} ]"),
            ConfiguredProxy.Cluster(server.Port));
        using RawClient client = await RawClient.ConnectAsync(proxy.Port());
        try
        {
            await client.SendAsync(bytes);
        }
        catch (System.Net.Sockets.SocketException)
        {
            // It was closed before all was sent.
        }

        Assert.Equal("", (await client.ReadToEndAsync()).Text);
        Seen seen = await proxy.NextAsync();
        Assert.Equal("filter_chain_not_found", seen.Details);
        Assert.Equal(ResponseFlags.NoRouteFound, seen.Flags);
        Assert.Equal(0, server.Connections);
        byte[] good = ClientHello("shop.example.com");
        using RawClient next = await RawClient.ConnectAsync(proxy.Port());
        await next.SendAsync(good);
        Assert.Equal(good, await next.ReadExactlyAsync(good.Length));
    }

    /// <summary>A ClientHello of our own TLS with any name in it.</summary>
    private static byte[] ClientHello(string name)
    {
        using Weft.Proxy.Tls.TlsSession session = Weft.Proxy.Tls.TlsSession.Connect(new Weft.Proxy.Tls.TlsContextFactory().CreateClient(new() { ServerName = new string('x', name.Length) }));
        session.Handshake();
        byte[] hello = session.Pending.ToArray();
        byte[] placeholder = [.. Enumerable.Repeat((byte)'x', name.Length)];
        int at = hello.AsSpan().IndexOf(placeholder);
        Assert.True(at > 0);
        System.Text.Encoding.Latin1.GetBytes(name).CopyTo(hello.AsSpan(at));
        return hello;
    }

    /// <summary>The same handshake message over records of so many bytes.</summary>
    private static byte[] InRecords(byte[] hello, int bytes) =>
        [.. hello[5..].Chunk(bytes).SelectMany(part => (byte[])[0x16, 3, 1, (byte)(part.Length >> 8), (byte)part.Length, .. part])];

    private async Task<string> ClientAsync(ConfiguredProxy proxy, string listener, string options) =>
        (await AskAsync("openssl", $"s_client -connect 127.0.0.1:{proxy.Port(listener)} -CAfile {_authority.Root} {options}", "Q\n")).Text;

    /// <summary>One listener of the golden file, with a TLS server of its own behind each of the named clusters.</summary>
    private async Task<ConfiguredProxy> StartAsync(string listener, params (string Cluster, string Server)[] destinations)
    {
        string file = Path.Combine(Root(), "test", "Weft.Control.Tests", "Golden", "transport", "edge.golden.json");
        JsonNode dump = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        Listener model = ProtoJson.Parse<Listener>(dump["listeners"]!.AsArray().Single(item => (string)item!["name"]! == listener)!.ToJsonString());
        model.Address.SocketAddress.Address = "127.0.0.1";
        model.Address.SocketAddress.PortValue = 0;
        // The load balancer's header is another test's matter.
        foreach (var filter in model.ListenerFilters.Where(filter => filter.Name.EndsWith("proxy_protocol", StringComparison.Ordinal)).ToArray()) model.ListenerFilters.Remove(filter);
        ConfigurationStore store = new(TimeProvider.System);
        Apply(store, XdsTypeUrls.Listener, listener, model);
        Dictionary<string, string> assignments = [];
        foreach (JsonNode? item in dump["clusters"]!.AsArray())
        {
            Cluster cluster = ProtoJson.Parse<Cluster>(item!.ToJsonString());
            if (!destinations.Any(destination => destination.Cluster == cluster.Name)) continue;
            cluster.TransportSocketMatches.Clear();
            cluster.TransportSocket = null;
            assignments[cluster.Name] = cluster.EdsClusterConfig.ServiceName;
            Apply(store, XdsTypeUrls.Cluster, cluster.Name, cluster);
        }

        foreach ((string cluster, string server) in destinations)
        {
            _authority.Issue(server, "DNS:db.example.com");
            int port = RunningWeftProxy.FreePort();
            Process process = OpensslAuthority.Start("openssl", $"s_server -accept 127.0.0.1:{port} -www -alpn istio,h2 -cert {_authority.At(server + ".pem")} -key {_authority.At(server + ".key")}");
            process.BeginErrorReadLine();
            process.BeginOutputReadLine();
            _servers.Add(process);
            await UntilAsync(
                async () =>
                {
                    try
                    {
                        using RawClient probe = await RawClient.ConnectAsync(port);
                        return true;
                    }
                    catch (System.Net.Sockets.SocketException)
                    {
                        return false;
                    }
                },
                "openssl s_server did not start");
            Apply(store, XdsTypeUrls.Endpoint, assignments[cluster], new ClusterLoadAssignment
            {
                ClusterName = assignments[cluster],
                Endpoints = { new LocalityLbEndpoints { LbEndpoints = { new LbEndpoint { Endpoint = new Endpoint { Address = new Address { SocketAddress = new SocketAddress { Address = "127.0.0.1", PortValue = (uint)port } } } } } } },
            });
        }

        return ConfiguredProxy.Start(store);
    }

    private static void Apply<T>(ConfigurationStore store, string type, string name, T message)
        where T : class, IMessage<T> => Assert.Empty(store.Apply(new AdsUpdate(type, "1", [new ReceivedResource(name, "1", Any.Pack(message))], [])));

    private static string Root()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "Weft.slnx"))) directory = directory.Parent;
        return directory.FullName;
    }
}
