using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Weft.Proxy.Model;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Http;
using Weft.Proxy.Tests.Tls;
using Weft.Proxy.Tls;
using Weft.Wire.Tls;

namespace Weft.Proxy.Tests.Http2;

/// <summary>Which protocol is spoken over TLS: what the cluster says, or what the endpoint agrees to.</summary>
public class AlpnUpstreamTests
{
    [Theory]
    [InlineData(UpstreamProtocol.Http1, HttpProtocols.Http1AndHttp2, "HTTP/1.1")]
    [InlineData(UpstreamProtocol.Http2, HttpProtocols.Http1AndHttp2, "HTTP/2")]
    [InlineData(UpstreamProtocol.Auto, HttpProtocols.Http1AndHttp2, "HTTP/2")]
    [InlineData(UpstreamProtocol.Auto, HttpProtocols.Http2, "HTTP/2")]
    [InlineData(UpstreamProtocol.Auto, HttpProtocols.Http1, "HTTP/1.1")]
    [InlineData(UpstreamProtocol.UseDownstream, HttpProtocols.Http1AndHttp2, "HTTP/1.1")]
    public async Task Protocol_IsAgreedOn(UpstreamProtocol protocol, HttpProtocols spoken, string expected)
    {
        await using KestrelUpstream server = await KestrelUpstream.StartAsync(context => context.Response.WriteAsync($"{context.Request.Protocol} {context.Request.Scheme}"), spoken, Certificate());
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(Cluster(protocol, server.Port));
        using HttpClient client = Http2Peers.Client(1);
        // Ten at once before anything is known, then more.
        for (int round = 0; round < 3; round++)
        {
            string[] answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => client.GetStringAsync($"http://127.0.0.1:{proxy.Port}/")));
            Assert.All(answers, answer => Assert.Equal($"{expected} https", answer));
        }

        Assert.Equal(expected == "HTTP/2" ? 1 : 0, await proxy.StatAsync("cluster.upstream.upstream_cx_http2_total"));
        if (expected == "HTTP/2") Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task AutoWithoutTls_IsHttp1()
    {
        using ScriptedServer server = ScriptedServer.Mirroring();
        ClusterModel cluster = new() { Name = "upstream", Protocol = UpstreamProtocol.Auto, Endpoints = ProxyUnderTest.Endpoints(server.Port) };
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(cluster);
        using HttpClient client = Http2Peers.Client(2);
        Assert.StartsWith("GET / HTTP/1.1\r\n", await client.GetStringAsync($"http://127.0.0.1:{proxy.Port}/"));
    }

    [Theory]
    [InlineData(UpstreamProtocol.Http1, "istio-http/1.1,istio-peer-exchange,istio")]
    [InlineData(UpstreamProtocol.Http2, "istio-h2,istio-peer-exchange,istio,h2")]
    public async Task ProxiesOfAMesh_OfferIstiosNames(UpstreamProtocol protocol, string expected)
    {
        string offered = "";
        await using KestrelUpstream server = await KestrelUpstream.StartAsync(
            KestrelUpstream.HelloAsync, protocol == UpstreamProtocol.Http2 ? HttpProtocols.Http2 : HttpProtocols.Http1, Certificate(), kestrel => kestrel.ConfigureHttpsDefaults(https =>
                https.TlsClientHelloBytesCallback = (_, bytes) => offered = Alpn(bytes.FirstSpan)));
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(Cluster(protocol, server.Port, "istio-peer-exchange", "istio"));
        using HttpClient client = Http2Peers.Client(1);
        using HttpResponseMessage response = await client.GetAsync($"http://127.0.0.1:{proxy.Port}/");
        Assert.Equal(expected, offered);
    }

    [Fact]
    public async Task ChangedProtocol_TakesEffectForTheNextRequest()
    {
        await using KestrelUpstream server = await KestrelUpstream.StartAsync(context => context.Response.WriteAsync(context.Request.Protocol), HttpProtocols.Http1AndHttp2, Certificate());
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(Cluster(UpstreamProtocol.Http1, server.Port));
        ListenerModel listener = ProxyUnderTest.Listener(ProxyUnderTest.Manager);
        int port = proxy.Port;
        ListenerModel same = new() { Name = listener.Name, Address = ProxyUnderTest.Loopback(port), FilterChains = listener.FilterChains };
        using HttpClient client = Http2Peers.Client(1);
        Assert.Equal("HTTP/1.1", await client.GetStringAsync($"http://127.0.0.1:{port}/"));
        foreach ((UpstreamProtocol protocol, string expected) in ((UpstreamProtocol, string)[])[(UpstreamProtocol.Http2, "HTTP/2"), (UpstreamProtocol.Http1, "HTTP/1.1"), (UpstreamProtocol.Auto, "HTTP/2")])
        {
            proxy.Publish(same, Cluster(protocol, server.Port));
            Assert.True(await proxy.Engine.SettleAsync(ProxyUnderTest.Deadline));
            Assert.Equal(expected, await client.GetStringAsync($"http://127.0.0.1:{port}/"));
        }
    }

    private static ClusterModel Cluster(UpstreamProtocol protocol, int port, params string[] alpn) => new()
    {
        Name = "upstream",
        Protocol = protocol,
        Endpoints = ProxyUnderTest.Endpoints(port),
        Tls = new UpstreamTlsModel { AlpnProtocols = alpn },
    };

    private static string Alpn(ReadOnlySpan<byte> bytes)
    {
        Assert.Equal(ClientHelloStatus.Complete, ClientHelloReader.Read(bytes, new byte[ClientHelloReader.MaxBytes], out ClientHello hello));
        List<string> names = [];
        ReadOnlySpan<byte> rest = hello.AlpnList;
        while (ClientHello.NextProtocol(ref rest, out ReadOnlySpan<byte> name)) names.Add(Encoding.ASCII.GetString(name));
        return string.Join(',', names);
    }

    private static X509Certificate2 Certificate()
    {
        TlsCertificate own = new TestAuthority("root").Issue(new LeafWishes { DnsNames = ["localhost"] });
        return X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(own.Chain.Span), Encoding.ASCII.GetString(own.PrivateKey.Span));
    }
}
