using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;
using Weft.Wire.Http2;
using static Weft.Proxy.Tests.Http2.RawHttp2Client;

namespace Weft.Proxy.Tests.Http2;

/// <summary>What ends one stream: the others of its connection go on, the upstream sees nothing whole, and the log has one line.</summary>
public class StreamErrorTests
{
    private static readonly (string Name, string Value)[] s_get = Request("/hang");

    private static readonly Dictionary<string, (string Name, string Value)[]> s_heads = new()
    {
        ["no path"] = [s_get[0], s_get[1], s_get[3]],
        ["empty path"] = [s_get[0], s_get[1], (":path", ""), s_get[3]],
        ["path with a space"] = [s_get[0], s_get[1], (":path", "/a b"), s_get[3]],
        ["two methods"] = [s_get[0], .. s_get],
        ["unknown pseudo-field"] = [.. s_get, (":x", "y")],
        ["status in a request"] = [.. s_get, (":status", "200")],
        ["late pseudo-field"] = [s_get[0], s_get[1], s_get[2], ("x", "y"), s_get[3]],
        ["connect without authority"] = [(":method", "CONNECT")],
        ["upper case"] = [.. s_get, ("X-Upper", "y")],
        ["connection"] = [.. s_get, ("connection", "close")],
        ["transfer-encoding"] = [.. s_get, ("transfer-encoding", "chunked")],
        ["te"] = [.. s_get, ("te", "gzip")],
        ["line feed in a value"] = [.. s_get, ("x", "a\r\ny: b")],
        ["zero byte in a value"] = [.. s_get, ("x", "a\0b")],
        ["space in a name"] = [.. s_get, ("x y", "a")],
        ["colon in a name"] = [.. s_get, ("x:y", "a")],
        ["a body that was announced and is none"] = [.. s_get, ("content-length", "5")],
        ["a length that is no number"] = [.. s_get, ("content-length", "+5")],
        ["two lengths"] = [.. s_get, ("content-length", "0"), ("content-length", "1")],
        ["another host"] = [.. s_get, ("host", "b")],
    };

    private static readonly Dictionary<string, (Http2ErrorCode Code, byte[] Bytes)> s_bodies = new()
    {
        ["more than announced"] = (Http2ErrorCode.ProtocolError, [.. Post(1, "/hang", ("content-length", "2")), .. Data(1, "abc", endStream: true)]),
        ["less than announced"] = (Http2ErrorCode.ProtocolError, [.. Post(1, "/hang", ("content-length", "4")), .. Data(1, "abc", endStream: true)]),
        ["trailers that do not end"] = (Http2ErrorCode.ProtocolError, [.. Post(1, "/hang"), .. Data(1, "abc", endStream: false), .. Frame(Http2FrameType.Headers, 4, 1, Block(("x", "y")))]),
        ["pseudo-field in trailers"] = (Http2ErrorCode.ProtocolError, [.. Post(1, "/hang"), .. Frame(Http2FrameType.Headers, 5, 1, Block((":path", "/")))]),
        ["trailers before the announced end"] = (Http2ErrorCode.ProtocolError, [.. Post(1, "/hang", ("content-length", "4")), .. Frame(Http2FrameType.Headers, 5, 1, Block(("x", "y")))]),
        ["window by zero"] = (Http2ErrorCode.ProtocolError, [.. Post(1, "/hang"), .. WindowUpdate(1, 0)]),
        ["window overflow"] = (Http2ErrorCode.FlowControlError, [.. Post(1, "/hang"), .. WindowUpdate(1, int.MaxValue)]),
        ["depending on itself"] = (Http2ErrorCode.ProtocolError, Frame(Http2FrameType.Headers, 4 | 32, 1, [0, 0, 0, 1, 0, .. Block(s_get)])),
        ["data behind the end"] = (Http2ErrorCode.StreamClosed, [.. Get(1, "/hang"), .. Data(1, "abc", endStream: true)]),
        ["a head behind the end"] = (Http2ErrorCode.StreamClosed, [.. Get(1, "/hang"), .. Get(1, "/hang")]),
        ["data behind the client's reset"] = (Http2ErrorCode.StreamClosed, [.. Post(1, "/hang"), .. Reset(1), .. Data(1, "abc", endStream: true)]),
    };

    public static TheoryData<string> Heads => new(s_heads.Keys);

    public static TheoryData<string> Bodies => new(s_bodies.Keys);

    [Theory]
    [MemberData(nameof(Heads))]
    public async Task MalformedHead_EndsItsStreamAndIsSeenByNobody(string name)
    {
        using TalkativeUpstream upstream = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port));
        using RawHttp2Client client = await ConnectAsync(proxy);
        await client.SendAsync(Frame(Http2FrameType.Headers, 5, 1, Block(s_heads[name])));
        await client.ExpectResetAsync(1, Http2ErrorCode.ProtocolError);
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((0, ResponseFlags.DownstreamProtocolError), (record.Status, record.Flags));
        Assert.StartsWith("http2.", record.Details);
        await client.ServeAsync(3);
        Assert.Equal(200, (await proxy.NextAsync()).Status);
        await proxy.AssertNoMoreAsync();
        Assert.Equal((0, 1), (upstream.Hanging, upstream.Answered));
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task BrokenMessage_EndsItsStreamOnly(string name)
    {
        using TalkativeUpstream upstream = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port));
        using RawHttp2Client client = await ConnectAsync(proxy);
        await client.SendAsync(s_bodies[name].Bytes);
        await client.ExpectResetAsync(1, s_bodies[name].Code);
        await client.ServeAsync(3);
        Assert.Equal(1, upstream.Answered);
    }

    /// <summary>The client could not know yet that its stream is refused when it sent the rest of it.</summary>
    [Fact]
    public async Task BodyOfARefusedStream_IsDropped()
    {
        using TalkativeUpstream upstream = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port), Manager(new Http2Model { MaxConcurrentStreams = 2 }));
        using RawHttp2Client client = await ConnectAsync(proxy);
        await client.SendAsync(Get(1, "/hang"), Get(3, "/hang"), Post(5, "/hang"), Data(5, "abc", endStream: true));
        await client.ExpectResetAsync(5, Http2ErrorCode.RefusedStream);
        await client.SendAsync(Reset(1));
        await client.ServeAsync(7);
    }

    [Fact]
    public async Task BodyOfAMalformedRequest_IsDropped()
    {
        using TalkativeUpstream upstream = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port));
        using RawHttp2Client client = await ConnectAsync(proxy);
        await client.SendAsync(Post(1, "/hang", ("te", "gzip")), Data(1, "abc", endStream: false), Frame(Http2FrameType.Headers, 5, 1, Block(("x", "y"))));
        await client.ExpectResetAsync(1, Http2ErrorCode.ProtocolError);
        await client.ServeAsync(3);
    }

    public static TheoryData<string> LargeLists => ["one long field", "many fields", "an entry of the table many times", "a cookie in crumbs"];

    [Theory]
    [MemberData(nameof(LargeLists))]
    public async Task ListTooLarge_IsA431AndTheConnectionGoesOn(string name)
    {
        byte[] block = name switch
        {
            "one long field" => Block([.. s_get, ("x", new string('a', 62_000))]),
            "many fields" => Block([.. s_get, .. Enumerable.Range(0, 101).Select(static i => ($"x-{i}", "y"))]),
            // 3,500 bytes enter the table and are then asked for with one byte each.
            "an entry of the table many times" => [.. Block(s_get), 0x40, .. Block(("x", new string('a', 3_500)))[1..], .. Enumerable.Repeat((byte)0xbe, 10_000)],
            _ => Block([.. s_get, .. Enumerable.Repeat(("cookie", new string('a', 1_000)), 62)]),
        };
        using TalkativeUpstream upstream = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port));
        using RawHttp2Client client = await ConnectAsync(proxy);
        List<byte[]> frames = [.. block.Chunk(16_000).Select((chunk, i) => Frame(i == 0 ? Http2FrameType.Headers : Http2FrameType.Continuation, i == 0 ? 1 : 0, 1, chunk))];
        frames[^1][4] |= 4;
        await client.SendAsync([.. frames]);
        await client.ExpectStatusAsync(1, "431");
        Assert.Equal("http2.headers_too_large", (await proxy.NextAsync()).Details);
        await client.ServeAsync(3);
        Assert.Equal((0, 1), (upstream.Hanging, upstream.Answered));
    }

    /// <summary>A tunnel that is not open yet takes no bytes, so the window is never opened again: what goes beyond it is the client's fault.</summary>
    [Fact]
    public async Task DataBeyondTheWindow_EndsItsStream()
    {
        using TalkativeUpstream upstream = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port), Manager(new Http2Model { InitialStreamWindowBytes = 65_535 }));
        using RawHttp2Client client = await ConnectAsync(proxy);
        (string, string)[] connect = [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/hang"), (":authority", "a"), ("sec-websocket-version", "13")];
        await client.SendAsync(Frame(Http2FrameType.Headers, 4, 1, Block(connect)));
        for (int i = 0; i < 5; i++) await client.SendAsync(Frame(Http2FrameType.Data, 0, 1, new byte[16_384]));
        await client.ExpectResetAsync(1, Http2ErrorCode.FlowControlError);
        await client.ServeAsync(3);
    }

    [Fact]
    public async Task TunnelToAnotherProtocol_IsRefused()
    {
        using TalkativeUpstream upstream = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port));
        using RawHttp2Client client = await ConnectAsync(proxy);
        (string, string)[] connect = [(":method", "CONNECT"), (":protocol", "h2c"), (":scheme", "http"), (":path", "/hang"), (":authority", "a")];
        await client.SendAsync(Frame(Http2FrameType.Headers, 4, 1, Block(connect)));
        await client.ExpectStatusAsync(1, "403");
        await client.ServeAsync(3);
        Assert.Equal(0, upstream.Hanging);
    }

    private static HttpConnectionManagerModel Manager(Http2Model http2) => new()
    {
        StatPrefix = "test",
        UseRemoteAddress = true,
        InlineRoutes = TestRoutes.To("upstream"),
        UpgradeTypes = ["websocket"],
        Http2 = http2,
    };
}
