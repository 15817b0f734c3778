using System.Diagnostics;
using System.Net;
using System.Text;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Hosting;
using Weft.Proxy.Tests.Tls;
using Weft.Wire.ProxyProtocol;
using static Weft.Proxy.Tests.Engine.ConfiguredProxy;

namespace Weft.Proxy.Tests.Tcp;

/// <summary>The PROXY protocol in front of upstream connections and of clients', with nginx and HAProxy as the other side.</summary>
public sealed class ProxyProtocolTests : IDisposable
{
    private const string Types = "type.googleapis.com/envoy.extensions.";
    private const string Raw = $"{{ name: raw, typed_config: {{ \"@type\": {Types}transport_sockets.raw_buffer.v3.RawBuffer }} }}";
    private readonly string _folder = Directory.CreateTempSubdirectory("weft-proxy-protocol-").FullName;
    private readonly List<Process> _programs = [];

    public void Dispose()
    {
        foreach (Process program in _programs)
        {
            if (!program.HasExited) program.Kill(entireProcessTree: true);
            program.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("V1")]
    [InlineData("V2")]
    public async Task Http_EachClientHasItsOwnConnectionThatNamesItOnce(string version)
    {
        using ScriptedServer server = Server();
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(Listener(HttpChain("upstream")), Cluster(server.Port, Prefixed(version)));
        using (RawClient first = await RawClient.ConnectAsync(proxy.Port()), second = await RawClient.ConnectAsync(proxy.Port()))
        {
            for (int i = 0; i < 3; i++)
            {
                foreach (RawClient client in (RawClient[])[first, second])
                {
                    await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                    Assert.Equal($"{client.Socket.LocalEndPoint} to 127.0.0.1:{proxy.Port()}, request {i + 1}", (await client.ReadResponseAsync()).Body);
                }
            }

            Assert.Equal(2, server.Connections);
        }

        // With their clients the connections are of no use to anybody.
        await UntilAsync(async () => await proxy.StatAsync("cluster.upstream.upstream_cx_active") == 0, "connections outlived their clients");
    }

    [Fact]
    public async Task ClientThatLeavesWhileItsRequestRuns_TakesItsConnectionAlong()
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer server = ScriptedServer.Start(async client =>
        {
            await client.ReadUntilAsync("\r\n\r\n");
            asked.SetResult();
            await client.ReceiveAsync();
        });
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(Listener(HttpChain("upstream")), Cluster(server.Port, Prefixed("V1")));
        using (RawClient client = await RawClient.ConnectAsync(proxy.Port()))
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            await asked.Task.WaitAsync(ProxyUnderTest.Deadline);
        }

        await UntilAsync(async () => await proxy.StatAsync("cluster.upstream.upstream_cx_active") == 0, "the connection outlived its client");
        Assert.Equal(0, await proxy.StatAsync("cluster.upstream.upstream_rq_pending_active"));
    }

    [Theory]
    [InlineData("V1")]
    [InlineData("V2")]
    public async Task Tcp_TheHeaderComesBeforeAnyByteAlsoWhenTheServerSpeaksFirst(string version)
    {
        using ScriptedServer server = ScriptedServer.Start(async client =>
        {
            await client.SendAsync($"220 hello {await NamedAsync(client)}\r\n");
            while (await client.ReceiveAsync() is { Length: > 0 } bytes) await client.SendAsync(bytes);
        });
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(Listener(TcpChain("upstream")), Cluster(server.Port, Prefixed(version)));
        using RawClient client = await RawClient.ConnectAsync(proxy.Port());
        Assert.Equal($"220 hello {client.Socket.LocalEndPoint} to 127.0.0.1:{proxy.Port()}\r\n", await client.ReadUntilAsync("\r\n"));
        await client.SendAsync("EHLO a\r\n");
        Assert.Equal("EHLO a\r\n", await client.ReadUntilAsync("\r\n"));
    }

    [Theory]
    [InlineData("V1", "accept-proxy")]
    [InlineData("V2", "accept-proxy")]
    [InlineData("V2", "accept-proxy ssl crt")]
    public async Task HaProxy_SeesTheClient(string version, string bind)
    {
        bool tls = bind.Contains("ssl", StringComparison.Ordinal);
        using OpensslAuthority authority = new();
        authority.Issue("shop", "DNS:shop");
        await File.WriteAllTextAsync(authority.At("both.pem"), await File.ReadAllTextAsync(authority.At("shop.pem")) + await File.ReadAllTextAsync(authority.At("shop.key")));
        int port = await HaProxyAsync($"""
              bind 127.0.0.1:PORT {bind}{(tls ? " " + authority.At("both.pem") : "")}
              http-request return status 200 content-type text/plain lf-string "%ci:%cp"
            """);
        string inner = tls
            ? $"{{ name: tls, typed_config: {{ \"@type\": {Types}transport_sockets.tls.v3.UpstreamTlsContext, sni: shop, common_tls_context: {{ validation_context: {{ trusted_ca: {{ filename: {authority.Root} }} }} }} }} }}"
            : Raw;
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(Listener(HttpChain("upstream")), Cluster(port, Prefixed(version, inner)));
        for (int i = 0; i < 3; i++)
        {
            using RawClient client = await RawClient.ConnectAsync(proxy.Port());
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal($"{client.Socket.LocalEndPoint}", (await client.ReadResponseAsync()).Body);
        }
    }

    [Theory]
    [InlineData("V1")]
    [InlineData("V2")]
    public async Task Nginx_SeesTheClient(string version)
    {
        int port = RunningWeftProxy.FreePort();
        string file = Path.Combine(_folder, "nginx.conf");
        await File.WriteAllTextAsync(file, $$"""
            daemon off; pid {{_folder}}/nginx.pid; error_log {{_folder}}/error.log; master_process off;
            events {}
            http { access_log off;
              client_body_temp_path {{_folder}}/b; proxy_temp_path {{_folder}}/p; fastcgi_temp_path {{_folder}}/f; uwsgi_temp_path {{_folder}}/u; scgi_temp_path {{_folder}}/s;
              server { listen 127.0.0.1:{{port}} proxy_protocol; location / { return 200 "$proxy_protocol_addr:$proxy_protocol_port"; } } }
            """);
        Run("nginx", $"-e {_folder}/start.log -c {file}");
        await ListeningAsync(port);
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(Listener(HttpChain("upstream")), Cluster(port, Prefixed(version)));
        using RawClient client = await RawClient.ConnectAsync(proxy.Port());
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal($"{client.Socket.LocalEndPoint}", (await client.ReadResponseAsync()).Body);
    }

    /// <summary>In both directions at once: HAProxy in front names its client, and this proxy passes the name on.</summary>
    [Theory]
    [InlineData("send-proxy")]
    [InlineData("send-proxy-v2")]
    public async Task HaProxyInFront_NamesTheClientToWhoeverIsBehind(string option)
    {
        using ScriptedServer server = Server();
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(
            Listener(HttpChain("upstream"), $"listener_filters: [ {{ name: proxy, typed_config: {{ \"@type\": {Types}filters.listener.proxy_protocol.v3.ProxyProtocol }} }} ]"),
            Cluster(server.Port, Prefixed("V2")));
        int port = await HaProxyAsync($"""
              bind 127.0.0.1:PORT
              server weft 127.0.0.1:{proxy.Port()} {option}
            """);
        using RawClient client = await RawClient.ConnectAsync(port);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal($"{client.Socket.LocalEndPoint} to 127.0.0.1:{port}, request 1", (await client.ReadResponseAsync()).Body);
    }

    [Theory]
    [InlineData("config: { pass_through_tlvs: {} }, transport_socket: RAW", "pass_through_tlvs")]
    [InlineData("connection_pool_settings: {}, transport_socket: RAW", "connection_pool_settings")]
    [InlineData("config: {}", "transport_socket")]
    public void WhatIsNotSupported_IsRefusedByName(string fields, string path) => Assert.Contains(
        path,
        Problems(Listener(HttpChain("upstream")), Cluster(1, $"transport_socket: {{ name: p, typed_config: {{ \"@type\": {Types}transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport, {fields.Replace("RAW", Raw, StringComparison.Ordinal)} }} }}")),
        StringComparison.Ordinal);

    private static string Prefixed(string version, string inner = Raw) =>
        $"transport_socket: {{ name: p, typed_config: {{ \"@type\": {Types}transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport, config: {{ version: {version} }}, transport_socket: {inner} }} }}";

    /// <summary>A server that says of each request whom the connection is for, and its number there.</summary>
    private static ScriptedServer Server() => ScriptedServer.Start(async client =>
    {
        string named = await NamedAsync(client);
        for (int i = 1; ; i++)
        {
            await client.ReadUntilAsync("\r\n\r\n");
            string body = $"{named}, request {i}";
            await client.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        }
    });

    /// <summary>Reads the header off a connection, with the reader that clients' headers are read by.</summary>
    private static async Task<string> NamedAsync(RawClient client)
    {
        byte[] input = [];
        while (true)
        {
            input = [.. input, .. await client.ReadExactlyAsync(1)];
            switch (ProxyHeaderReader.Read(input, out ProxyHeader header, out _))
            {
                case ProxyHeaderStatus.NeedMore:
                    continue;
                case ProxyHeaderStatus.Complete:
                    return $"{Text(header.Source)} to {Text(header.Destination)}";
                default:
                    return $"no header but {Encoding.Latin1.GetString(input)}";
            }
        }
    }

    private static string Text(ProxyEndpoint endpoint)
    {
        byte[] bytes = new byte[16];
        return new IPEndPoint(new IPAddress(bytes.AsSpan(0, endpoint.WriteAddress(bytes))), endpoint.Port).ToString();
    }

    private async Task<int> HaProxyAsync(string proxy)
    {
        int port = RunningWeftProxy.FreePort();
        string file = Path.Combine(_folder, "haproxy.cfg");
        await File.WriteAllTextAsync(file, $"defaults\n  mode http\n  timeout connect 20s\n  timeout client 60s\n  timeout server 60s\nlisten front\n{proxy.Replace("PORT", $"{port}", StringComparison.Ordinal)}\n");
        Run("haproxy", $"-db -f {file}");
        await ListeningAsync(port);
        return port;
    }

    private void Run(string program, string arguments)
    {
        Process process = OpensslAuthority.Start(program, arguments);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        _programs.Add(process);
    }

    private static Task ListeningAsync(int port) => UntilAsync(
        async () =>
        {
            try
            {
                using RawClient probe = await RawClient.ConnectAsync(port);
                return true;
            }
            catch (System.Net.Sockets.SocketException)
            {
                await Task.Yield();
                return false;
            }
        },
        $"nobody listens on port {port}");
}
