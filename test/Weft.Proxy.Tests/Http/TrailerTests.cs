using Weft.Proxy.Model;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Http;

/// <summary>Trailers of HTTP/1.1 (case 9 of the catalogue of bad input): dropped unless enabled, never merged into the head, never those that frame or authenticate.</summary>
public sealed class TrailerTests
{
    private const string Request =
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\nContent-Length: 7\r\nTransfer-Encoding: gzip\r\nHost: evil\r\nAuthorization: evil\r\n\r\n";

    private const string Response =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 2\r\nContent-Length: 7\r\nSet-Cookie: evil\r\n\r\n";

    [Theory]
    [InlineData(false, false, "")]
    [InlineData(true, false, "X-Sum: 1\r\n")]
    [InlineData(true, true, "X-Sum: 1\r\n")]
    public async Task TrailersOfARequest_GoWhereTheyAreEnabled(bool manager, bool cluster, string expected)
    {
        TaskCompletionSource<string> received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            string head = await upstream.ReadUntilAsync("\r\n\r\n");
            Assert.DoesNotContain("evil", head);
            received.SetResult(await upstream.ReadUntilAsync("\r\n\r\n"));
            await upstream.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        });
        await using ProxyUnderTest proxy = Start(server.Port, manager, cluster);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Request);
        Assert.Equal($"2\r\nhi\r\n0\r\n{expected}\r\n", await received.Task.WaitAsync(ProxyUnderTest.Deadline));
        Assert.StartsWith("HTTP/1.1 200 ", (await client.ReadResponseAsync()).Head);
    }

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "X-Sum: 2\r\n")]
    public async Task TrailersOfAResponse_GoWhereTheyAreEnabled(bool manager, string expected)
    {
        using ScriptedServer server = ScriptedServer.Answering(Response);
        await using ProxyUnderTest proxy = Start(server.Port, manager, cluster: false);
        using RawClient client = await proxy.ConnectAsync();
        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.DoesNotContain("evil", await client.ReadUntilAsync("\r\n\r\n"));
            Assert.Equal($"2\r\nok\r\n0\r\n{expected}\r\n", await client.ReadUntilAsync("\r\n\r\n"));
        }
    }

    private static ProxyUnderTest Start(int port, bool manager, bool cluster) => ProxyUnderTest.Start(
        new ClusterModel { Name = "upstream", Endpoints = ProxyUnderTest.Endpoints(port), EnableTrailers = cluster },
        new HttpConnectionManagerModel { StatPrefix = "test", InlineRoutes = TestRoutes.To("upstream"), EnableTrailers = manager });
}
