using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Http;

namespace Weft.Proxy.Tests.Http2;

/// <summary>Catalogue case 39: a connection to an upstream that runs out of stream numbers (RFC 9113 section 5.1.1) is replaced by another.</summary>
public sealed class StreamNumberTests
{
    private const int PerConnection = 10;
    private const int Clients = 8;
    private const int RequestsEach = 25;

    [Fact]
    public async Task NumbersThatEnd_LeadToANewConnectionAndFailNoRequest()
    {
        await using KestrelUpstream upstream = await KestrelUpstream.StartAsync(KestrelUpstream.HelloAsync);
        await using ProxyUnderTest proxy = ProxyUnderTest.StartBehind(int.MaxValue - (2 * PerConnection), KestrelUpstream.Cluster(upstream.Port));
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            using RawClient client = await proxy.ConnectAsync();
            for (int i = 0; i < RequestsEach; i++)
            {
                await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                Assert.StartsWith("HTTP/1.1 200 ", await client.ReadUntilAsync("0\r\n\r\n"));
            }
        }));
        const int requests = Clients * RequestsEach, connections = requests / PerConnection;
        Assert.Equal(requests, upstream.Requests);
        Assert.InRange(upstream.Connections, connections, requests);
        Assert.Equal(0, await proxy.StatAsync("http.test.downstream_rq_5xx"));
        Assert.Equal(requests, await proxy.StatAsync("cluster.upstream.upstream_rq_total"));

        // Each of them that has no more numbers says GOAWAY with NO_ERROR.
        await proxy.UntilStatAsync("cluster.upstream.http2.goaway_sent", static count => count >= connections - 1);
        Assert.Equal(0, await proxy.StatAsync("cluster.upstream.upstream_cx_protocol_error"));
    }
}
