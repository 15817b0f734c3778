using System.Net.Sockets;
using Weft.Proxy.Model;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Http2;
using Weft.Wire.Http2;

namespace Weft.Proxy.Tests.Http;

/// <summary>
/// What the proxy says that it forwarded is what another parser says that it received, request for request and byte for byte: nothing is smuggled,
/// nothing is taken apart otherwise.
/// </summary>
public class WitnessTests
{
    [Fact]
    public async Task Http1_IsReadAlikeBehindTheProxy() => await CompareAsync(2_000, static async (proxy, requests, number) =>
    {
        using RawClient client = await proxy.ConnectAsync();
        // What a broken body swallows or leaves behind, it swallows of this or puts in front of it.
        await client.SendAsync(requests + $"GET /r/behind-{number} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        await client.ReadToEndAsync();
    }, static (random, number) => random.Http1(number));

    [Fact]
    public async Task Http2_IsReadAlikeBehindTheProxy() => await CompareAsync(1_000, static async (proxy, frames, _) =>
    {
        using RawHttp2Client client = await RawHttp2Client.ConnectAsync(proxy);
        await client.SendAsync(frames);
        while (await client.ReadAsync() is { } frame)
        {
            if (frame.StreamId == 1 && (frame.EndStream || frame.Type == Http2FrameType.ResetStream)) break;
        }
    }, static (random, number) => random.Http2(number));

    private static async Task CompareAsync<T>(int count, Func<ProxyUnderTest, T, int, Task> ask, Func<RandomRequests, int, T> make)
    {
        using NodeWitness witness = await NodeWitness.StartAsync();
        HttpConnectionManagerModel manager = new()
        {
            StatPrefix = "test",
            UseRemoteAddress = true,
            InlineRoutes = TestRoutes.To("upstream"),
            StreamIdleTimeout = TimeSpan.FromSeconds(3),
            RequestHeadersTimeout = TimeSpan.FromSeconds(3),
        };
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(witness.Port), manager);
        RandomRequests random = new(seed: 2026);
        T[] requests = [.. Enumerable.Range(0, count).Select(number => make(random, number))];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (number, _) =>
        {
            try
            {
                await ask(proxy, requests[number], number);
            }
            catch (SocketException)
            {
                // Refused before all of it was sent.
            }
        });
        using (RawClient last = await proxy.ConnectAsync())
        {
            await last.SendAsync("GET /r/last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 200 ", (await last.ReadToEndAsync()).Text);
        }

        List<string> forwarded = [], received = [];
        for (string path = ""; path != "/r/last";)
        {
            ProxyUnderTest.Seen record = await proxy.NextAsync();
            path = record.Path;
            if (record.Details == "via_upstream") forwarded.Add($"{record.Path} {record.RequestBytes}");
        }

        for (string path = ""; path != "/r/last";)
        {
            NodeWitness.Request request = await witness.NextAsync();
            path = request.Path;
            Assert.False(request.Method == "REFUSED", $"the upstream does not take what was forwarded: {path}");
            received.Add($"{request.Path} {request.Bytes}");
        }

        Assert.True(forwarded.Count > count / 4, $"only {forwarded.Count} requests were sound");
        Assert.Equal(forwarded.Order(StringComparer.Ordinal), received.Order(StringComparer.Ordinal));
    }
}
