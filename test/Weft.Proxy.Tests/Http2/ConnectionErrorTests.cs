using Weft.Proxy.Tests.Engine;
using Weft.Wire.Http2;
using static Weft.Proxy.Tests.Http2.RawHttp2Client;

namespace Weft.Proxy.Tests.Http2;

/// <summary>What no connection survives (RFC 9113 section 5.4.1): GOAWAY with the right code, the end, and nothing for anybody else.</summary>
public class ConnectionErrorTests
{
    private static readonly Dictionary<string, (Http2ErrorCode Code, byte[] Bytes)> s_broken = new()
    {
        ["data on an idle stream"] = (Http2ErrorCode.ProtocolError, Data(1, "x", endStream: true)),
        ["window update on an idle stream"] = (Http2ErrorCode.ProtocolError, WindowUpdate(1, 1)),
        ["reset of an idle stream"] = (Http2ErrorCode.ProtocolError, Reset(1)),
        ["an idle stream that depends on itself"] = (Http2ErrorCode.ProtocolError, Frame(Http2FrameType.Priority, 0, 1, 0, 0, 0, 1, 1)),
        ["a short priority on an idle stream"] = (Http2ErrorCode.FrameSizeError, Frame(Http2FrameType.Priority, 0, 1, 0, 0, 0, 1)),
        ["head on an even stream"] = (Http2ErrorCode.ProtocolError, Get(2, "/")),
        ["head on stream 0"] = (Http2ErrorCode.ProtocolError, Get(0, "/")),
        ["data on stream 0"] = (Http2ErrorCode.ProtocolError, Data(0, "x", endStream: false)),
        ["a stream below the last"] = (Http2ErrorCode.ProtocolError, [.. Get(5, "/hang"), .. Get(3, "/hang")]),
        ["data below the last stream"] = (Http2ErrorCode.StreamClosed, [.. Get(5, "/hang"), .. Data(3, "x", endStream: true)]),
        ["push promise"] = (Http2ErrorCode.ProtocolError, Frame(Http2FrameType.PushPromise, 4, 1, 0, 0, 0, 2)),
        ["continuation of nothing"] = (Http2ErrorCode.ProtocolError, Frame(Http2FrameType.Continuation, 4, 1, 0)),
        ["a ping inside a header block"] = (Http2ErrorCode.ProtocolError, [.. Frame(Http2FrameType.Headers, 1, 1, 0), .. Frame(Http2FrameType.Ping, 0, 0, new byte[8])]),
        ["another stream inside a header block"] = (Http2ErrorCode.ProtocolError, [.. Frame(Http2FrameType.Headers, 1, 1, 0), .. Frame(Http2FrameType.Continuation, 4, 3, 0)]),
        ["overflow of the connection's window"] = (Http2ErrorCode.FlowControlError, WindowUpdate(0, int.MaxValue)),
        ["window update of the connection by zero"] = (Http2ErrorCode.ProtocolError, WindowUpdate(0, 0)),
        ["window update of three bytes"] = (Http2ErrorCode.FrameSizeError, Frame(Http2FrameType.WindowUpdate, 0, 0, 0, 0, 1)),
        ["initial window of 2^31"] = (Http2ErrorCode.FlowControlError, Frame(Http2FrameType.Settings, 0, 0, Setting(4, 1u << 31))),
        ["overflow by the initial window"] = (Http2ErrorCode.FlowControlError, [.. Get(1, "/hang"), .. WindowUpdate(1, int.MaxValue - 65_535), .. Frame(Http2FrameType.Settings, 0, 0, Setting(4, 65_536))]),
        ["frame size of 100"] = (Http2ErrorCode.ProtocolError, Frame(Http2FrameType.Settings, 0, 0, Setting(5, 100))),
        ["push of 2"] = (Http2ErrorCode.ProtocolError, Frame(Http2FrameType.Settings, 0, 0, Setting(2, 2))),
        ["settings of five bytes"] = (Http2ErrorCode.FrameSizeError, Frame(Http2FrameType.Settings, 0, 0, new byte[5])),
        ["acknowledged settings with content"] = (Http2ErrorCode.FrameSizeError, Frame(Http2FrameType.Settings, 1, 0, new byte[6])),
        ["settings on a stream"] = (Http2ErrorCode.ProtocolError, Frame(Http2FrameType.Settings, 0, 1)),
        ["a second acknowledgement"] = (Http2ErrorCode.ProtocolError, [.. Frame(Http2FrameType.Settings, 1, 0), .. Frame(Http2FrameType.Settings, 1, 0)]),
        ["ping of seven bytes"] = (Http2ErrorCode.FrameSizeError, Frame(Http2FrameType.Ping, 0, 0, new byte[7])),
        ["ping on a stream"] = (Http2ErrorCode.ProtocolError, Frame(Http2FrameType.Ping, 0, 1, new byte[8])),
        ["goaway on a stream"] = (Http2ErrorCode.ProtocolError, Frame(Http2FrameType.GoAway, 0, 1, new byte[8])),
        ["a frame above the limit"] = (Http2ErrorCode.FrameSizeError, Frame(Http2FrameType.Data, 0, 1, new byte[16_385])),
        ["padding longer than the frame"] = (Http2ErrorCode.ProtocolError, [.. Post(1, "/hang"), .. Frame(Http2FrameType.Data, 8, 1, 200, 0)]),
        ["an index that is in no table"] = (Http2ErrorCode.CompressionError, Frame(Http2FrameType.Headers, 5, 1, 0xff, 0x20)),
        ["a table above the announced size"] = (Http2ErrorCode.CompressionError, Frame(Http2FrameType.Headers, 5, 1, 0x3f, 0xe2, 0x1f)),
        ["Huffman padding of a byte"] = (Http2ErrorCode.CompressionError, Frame(Http2FrameType.Headers, 5, 1, 0x00, 0x82, 0x1f, 0xff, 0x00)),
        ["a block that ends too soon"] = (Http2ErrorCode.CompressionError, Frame(Http2FrameType.Headers, 5, 1, 0x00, 0x05, 0x61)),
        ["a bad block on a stream that is over"] = (Http2ErrorCode.CompressionError, [.. Get(1, "/hang"), .. Reset(1), .. Get(3, "/hang"), .. Frame(Http2FrameType.Headers, 5, 5, 0xff, 0x20)]),
    };

    public static TheoryData<string> Broken => new(s_broken.Keys);

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task BrokenRule_EndsItsOwnConnectionOnly(string name)
    {
        using TalkativeUpstream upstream = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port));
        using RawHttp2Client bystander = await ConnectAsync(proxy);
        await bystander.ServeAsync(1);
        using RawHttp2Client evil = await ConnectAsync(proxy);
        await evil.FloodAsync(s_broken[name].Bytes);
        await evil.ExpectGoAwayAsync(s_broken[name].Code);
        await bystander.ServeAsync(3);
    }

    [Fact]
    public async Task SettingsMissing_EndTheConnection()
    {
        using TalkativeUpstream upstream = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port));
        using RawHttp2Client evil = await OverAsync(proxy);
        await evil.SendAsync(Http2Preface.Bytes.ToArray(), Get(1, "/"));
        await evil.ExpectGoAwayAsync(Http2ErrorCode.ProtocolError);
        Assert.Equal(0, upstream.Answered);
    }

    [Fact]
    public async Task GarbageBehindThePreface_EndsTheConnection()
    {
        using TalkativeUpstream upstream = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port));
        Random random = new(20_26);
        for (int i = 0; i < 50; i++)
        {
            byte[] garbage = new byte[1 << 16];
            random.NextBytes(garbage);
            using RawHttp2Client evil = await OverAsync(proxy);
            await evil.FloodAsync([.. Http2Preface.Bytes, .. garbage]);
            while (await evil.ReadAsync() is { } frame) Assert.True(frame.Type is Http2FrameType.Settings or Http2FrameType.GoAway or Http2FrameType.WindowUpdate, frame.ToString());
        }

        using RawHttp2Client bystander = await ConnectAsync(proxy);
        await bystander.ServeAsync(1);
    }

    [Fact]
    public async Task NumberUsedAgain_EndsTheConnection()
    {
        using TalkativeUpstream upstream = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port));
        using RawHttp2Client evil = await ConnectAsync(proxy);
        await evil.ServeAsync(1);
        await evil.SendAsync(Get(1, "/"));
        await evil.ExpectGoAwayAsync(Http2ErrorCode.StreamClosed);
        Assert.Equal(1, upstream.Answered);
    }

    [Fact]
    public async Task StreamsBehindTheClientsOwnGoAway_AreNotServed()
    {
        using TalkativeUpstream upstream = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port));
        using RawHttp2Client evil = await ConnectAsync(proxy);
        await evil.SendAsync(Post(1, "/", ("content-length", "1")), Frame(Http2FrameType.GoAway, 0, 0, new byte[8]), Get(3, "/"), Data(3, "x", endStream: true), Data(1, "x", endStream: true));
        await evil.ExpectStatusAsync(1, "200");
        while (await evil.ReadAsync() is { } frame) Assert.True(frame.StreamId is 0 or 1, frame.ToString());
        Assert.Equal(1, upstream.Answered);
    }
}
