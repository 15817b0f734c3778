using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Weft.Proxy.Model;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Http2;

namespace Weft.Proxy.Tests.Http;

/// <summary>
/// Half a gigabyte each way, past a peer that takes nothing at first and then reads: what the proxy holds meanwhile, measured in its worker's
/// buffers, stays within what is configured. <c>bench/large-bodies</c> does it with ten gigabytes and the process's memory.
/// </summary>
public sealed class LargeBodyTests
{
    private const long Size = 512L << 20;

    /// <summary>One connection's buffer and windows on both sides, a read of each socket, and the classes of sizes of the pool.</summary>
    private const long MostHeldBytes = 4 << 20;
    private static readonly byte[] s_pattern = Pattern();

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Download_IsNotKept(bool clientHttp2, bool upstreamHttp2)
    {
        await using KestrelUpstream upstream = await KestrelUpstream.StartAsync(SendAsync, upstreamHttp2 ? HttpProtocols.Http2 : HttpProtocols.Http1);
        await using ProxyUnderTest proxy = Start(upstream.Port, upstreamHttp2);
        using HttpClient client = Client(clientHttp2);
        using HttpResponseMessage response = await client.SendAsync(Request(proxy, HttpMethod.Get, clientHttp2), HttpCompletionOption.ResponseHeadersRead).WaitAsync(ProxyUnderTest.Deadline);
        Assert.Equal(clientHttp2 ? 2 : 1, response.Version.Major);
        await StallAsync(proxy);
        await using Stream body = await response.Content.ReadAsStreamAsync();
        Assert.Equal(Size, await CheckAsync(body));
        await AssertHeldAsync(proxy);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Upload_IsNotKept(bool clientHttp2, bool upstreamHttp2)
    {
        TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using KestrelUpstream upstream = await KestrelUpstream.StartAsync(
            async context =>
            {
                await go.Task;
                await context.Response.WriteAsync($"{await CheckAsync(context.Request.Body)}");
            },
            upstreamHttp2 ? HttpProtocols.Http2 : HttpProtocols.Http1);
        await using ProxyUnderTest proxy = Start(upstream.Port, upstreamHttp2);
        using HttpClient client = Client(clientHttp2);
        using HttpRequestMessage request = Request(proxy, HttpMethod.Post, clientHttp2);
        request.Content = new PatternContent();
        Task<HttpResponseMessage> answer = client.SendAsync(request);
        await StallAsync(proxy);
        go.SetResult();
        using HttpResponseMessage response = await answer;
        Assert.Equal($"{Size}", await response.Content.ReadAsStringAsync());
        await AssertHeldAsync(proxy);
    }

    /// <summary>Waits until nothing moves any more: everything on the way is full.</summary>
    private static async Task StallAsync(ProxyUnderTest proxy)
    {
        for (int quiet = 0, rounds = 0; quiet < 20 && rounds < 2_000; rounds++)
        {
            long before = Held(proxy);
            Assert.True(await proxy.Engine.SettleAsync(ProxyUnderTest.Deadline));
            await Task.Yield();
            quiet = Held(proxy) == before && before > 0 ? quiet + 1 : 0;
        }
    }

    private static async Task AssertHeldAsync(ProxyUnderTest proxy)
    {
        Assert.True(await proxy.Engine.SettleAsync(ProxyUnderTest.Deadline));
        Assert.InRange(proxy.Engine.Workers.Sum(static worker => worker.Buffers.MostRentedBytes), 1, MostHeldBytes);
    }

    private static long Held(ProxyUnderTest proxy) => proxy.Engine.Workers.Sum(static worker => worker.Buffers.RentedBytes);

    private static ProxyUnderTest Start(int port, bool http2) => ProxyUnderTest.Start(new ClusterModel
    {
        Name = "upstream",
        Protocol = http2 ? UpstreamProtocol.Http2 : UpstreamProtocol.Http1,
        Endpoints = ProxyUnderTest.Endpoints(port),
    });

    private static HttpClient Client(bool http2) => new(new SocketsHttpHandler { UseProxy = false, InitialHttp2StreamWindowSize = 1 << 20 })
    {
        Timeout = TimeSpan.FromMinutes(5),
        DefaultRequestVersion = http2 ? HttpVersion.Version20 : HttpVersion.Version11,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private static HttpRequestMessage Request(ProxyUnderTest proxy, HttpMethod method, bool http2) => new(method, $"http://127.0.0.1:{proxy.Port}/")
    {
        Version = http2 ? HttpVersion.Version20 : HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private static async Task SendAsync(HttpContext context)
    {
        context.Response.ContentLength = Size;
        for (long sent = 0; sent < Size; sent += s_pattern.Length) await context.Response.Body.WriteAsync(s_pattern, context.RequestAborted);
    }

    /// <summary>Reads to the end; every byte must be the one that was sent at its place.</summary>
    private static async Task<long> CheckAsync(Stream body)
    {
        byte[] block = new byte[s_pattern.Length];
        long total = 0;
        while (await body.ReadAtLeastAsync(block, block.Length, throwOnEndOfStream: false) is > 0 and int count)
        {
            Assert.True(block.AsSpan(0, count).SequenceEqual(s_pattern.AsSpan(0, count)), $"the bytes from {total} on are not those that were sent");
            total += count;
        }

        return total;
    }

    private static byte[] Pattern()
    {
        byte[] pattern = new byte[1 << 16];
        new Random(7).NextBytes(pattern);
        return pattern;
    }

    private sealed class PatternContent : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            for (long sent = 0; sent < Size; sent += s_pattern.Length) await stream.WriteAsync(s_pattern);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = Size;
            return true;
        }
    }
}
