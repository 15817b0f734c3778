using Weft.Proxy.Tests.Engine;
using Weft.Wire.Http2;

namespace Weft.Proxy.Tests.Http2;

/// <summary>Frames that are each lawful and together an attack: they end their own connection, soon, and nobody else's.</summary>
public class FloodTests
{
    private const int Streams = 400;

    public static TheoryData<string> Floods => new(s_floods.Keys);

    private static readonly Dictionary<string, Func<IEnumerable<byte[]>>> s_floods = new()
    {
        // CVE-2023-44487
        ["rapid reset"] = static () => EachStream(static id => [RawHttp2Client.Get(id, "/hang"), RawHttp2Client.Reset(id)]),
        // CVE-2025-8671: the proxy is made to reset.
        ["window update by zero"] = static () => EachStream(static id => [RawHttp2Client.Get(id, "/hang"), RawHttp2Client.WindowUpdate(id, 0)]),
        ["window overflow"] = static () => EachStream(static id => [RawHttp2Client.Get(id, "/hang"), RawHttp2Client.WindowUpdate(id, int.MaxValue)]),
        ["data behind the end"] = static () => EachStream(static id => [RawHttp2Client.Get(id, "/hang"), RawHttp2Client.Data(id, "x", endStream: true)]),
        ["malformed heads"] = static () => EachStream(static id => [RawHttp2Client.Frame(Http2FrameType.Headers, 5, id, RawHttp2Client.Block((":method", "GET")))]),
        ["streams beyond the limit"] = static () => EachStream(static id => [RawHttp2Client.Get(id, "/hang")]),
        ["resets of what is over"] = static () => [RawHttp2Client.Get(1, "/hang"), .. Repeat(RawHttp2Client.Reset(1), 300)],
        // CVE-2024-27316
        ["continuation frames"] = static () => [RawHttp2Client.Frame(Http2FrameType.Headers, 0, 1, 0), .. Repeat(RawHttp2Client.Frame(Http2FrameType.Continuation, 0, 1, 0), 1000)],
        ["continuation bytes"] = static () => [RawHttp2Client.Frame(Http2FrameType.Headers, 0, 1, 0), .. Repeat(RawHttp2Client.Frame(Http2FrameType.Continuation, 0, 1, new byte[16_000]), 10)],
        ["empty continuation frames"] = static () => [RawHttp2Client.Frame(Http2FrameType.Headers, 0, 1), .. Repeat(RawHttp2Client.Frame(Http2FrameType.Continuation, 0, 1), 10)],
        ["empty data"] = static () => [RawHttp2Client.Post(1, "/hang"), .. Repeat(RawHttp2Client.Frame(Http2FrameType.Data, 0, 1), 10)],
        ["padding alone"] = static () => [RawHttp2Client.Post(1, "/hang"), .. Repeat(RawHttp2Client.Frame(Http2FrameType.Data, 8, 1, 3, 0, 0, 0), 10)],
        ["settings"] = static () => Repeat(RawHttp2Client.Frame(Http2FrameType.Settings, 0, 0), 2_000),
        ["pings"] = static () => Repeat(RawHttp2Client.Frame(Http2FrameType.Ping, 0, 0, new byte[8]), 30_000),
        ["priorities"] = static () => Repeat(RawHttp2Client.Frame(Http2FrameType.Priority, 0, 1, 0, 0, 0, 0, 1), 500),
        ["window updates"] = static () => Repeat(RawHttp2Client.WindowUpdate(0, 1), 100),
        ["unknown frames"] = static () => Repeat(RawHttp2Client.Frame((Http2FrameType)77, 0, 0, 1, 2, 3), 4_000),
        ["goaways"] = static () => [RawHttp2Client.Get(1, "/hang"), .. Repeat(RawHttp2Client.Frame(Http2FrameType.GoAway, 0, 0, new byte[8]), 4_000)],
        ["answers to no ping"] = static () => Repeat(RawHttp2Client.Frame(Http2FrameType.Ping, 1, 0, new byte[8]), 4_000),
    };

    [Theory]
    [MemberData(nameof(Floods))]
    public async Task Flood_EndsItsOwnConnectionOnly(string name)
    {
        using TalkativeUpstream upstream = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port));
        using RawHttp2Client bystander = await RawHttp2Client.ConnectAsync(proxy);
        await bystander.ServeAsync(1);
        using RawHttp2Client evil = await RawHttp2Client.ConnectAsync(proxy);
        Task flood = evil.FloodAsync([.. s_floods[name]().SelectMany(static frame => frame)]);
        await evil.ExpectGoAwayAsync(Http2ErrorCode.EnhanceYourCalm);
        await flood;
        await bystander.ServeAsync(3);
        Assert.True(await proxy.Engine.SettleAsync(ProxyUnderTest.Deadline));
        Assert.InRange(upstream.Hanging, 0, 260);
    }

    [Fact]
    public async Task FloodWithoutReadingTheAnswers_EndsItsOwnConnectionOnly()
    {
        using TalkativeUpstream upstream = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port));
        using RawHttp2Client evil = await RawHttp2Client.ConnectAsync(proxy);
        evil.Raw.Socket.ReceiveBufferSize = 4096;
        await evil.FloodAsync([.. Repeat(RawHttp2Client.Frame(Http2FrameType.Ping, 0, 0, new byte[8]), 30_000).SelectMany(static frame => frame)]);
        using RawHttp2Client bystander = await RawHttp2Client.ConnectAsync(proxy);
        await bystander.ServeAsync(1);
        while (await evil.ReadAsync() is { } frame) Assert.NotEqual(Http2FrameType.Headers, frame.Type);
    }

    /// <summary>Clients of gRPC cancel a good part of their calls: what they let finish speaks for them.</summary>
    [Fact]
    public async Task CancellingNowAndThen_IsNoFlood()
    {
        using TalkativeUpstream upstream = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port));
        using RawHttp2Client client = await RawHttp2Client.ConnectAsync(proxy);
        int id = 1;
        for (int i = 0; i < 300; i++)
        {
            await client.ServeAsync(id);
            await client.ServeAsync(id + 2);
            await client.SendAsync(RawHttp2Client.Get(id + 4, "/hang"), RawHttp2Client.Reset(id + 4));
            id += 6;
        }

        await client.ServeAsync(id);
    }

    private static IEnumerable<byte[]> EachStream(Func<int, byte[][]> frames) => Enumerable.Range(0, Streams).SelectMany(i => frames((2 * i) + 1));

    private static IEnumerable<byte[]> Repeat(byte[] frame, int count) => Enumerable.Repeat(frame, count);
}
