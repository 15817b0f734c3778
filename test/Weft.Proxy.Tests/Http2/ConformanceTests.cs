using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Weft.Proxy.Tests.Engine;
using Weft.Wire.Http2;
using static Weft.Proxy.Tests.Http2.RawHttp2Client;

namespace Weft.Proxy.Tests.Http2;

/// <summary>
/// The server of HTTP/2 by the sections of RFC 9113 and RFC 7541, both what it must take and what it must refuse, and how: case 23 of the catalogue
/// of bad input, which names the test suite h2spec; its checks are the model of this list, whose frames and expectations are our own. Where a
/// suite takes any of several ends, one is expected here.
/// </summary>
public sealed class ConformanceTests
{
    private const int EndStream = 1, EndHeaders = 4, Padded = 8, Priority = 32;
    private static readonly (string Name, string Value)[] s_get = Request("/");
    private static readonly byte[] s_block = Block(s_get);
    private static readonly byte[] s_hang = Block(Request("/hang"));

    /// <summary>What must be answered with 200, and on which stream.</summary>
    private static readonly Dictionary<string, (int Stream, byte[][] Frames)> s_taken = new()
    {
        ["4.1 frame of an unknown type"] = (1, [Frame((Http2FrameType)0x16, 0, 0, new byte[8]), Get(1, "/")]),
        ["4.1 undefined flags"] = (1, [Frame(Http2FrameType.Ping, 0x16, 0, new byte[8]), Get(1, "/")]),
        ["4.1 reserved bit"] = (1, [Frame(Http2FrameType.Ping, 0, int.MinValue, new byte[8]), Get(1, "/")]),
        ["4.2 data of the largest size"] = (1, [Post(1, "/"), Frame(Http2FrameType.Data, EndStream, 1, new byte[16_384])]),
        ["4.2 header block over several frames"] = (1, [Frame(Http2FrameType.Headers, EndStream, 1, s_block.AsSpan(..3)), Frame(Http2FrameType.Continuation, 0, 1, s_block.AsSpan(3..9)), Frame(Http2FrameType.Continuation, EndHeaders, 1, s_block.AsSpan(9..))]),
        ["5.1 priority on an idle stream"] = (1, [Frame(Http2FrameType.Priority, 0, 1, 0, 0, 0, 0, 16), Get(1, "/")]),
        ["5.1 priority on a stream that is over"] = (3, [Get(1, "/"), Frame(Http2FrameType.Priority, 0, 1, 0, 0, 0, 0, 16), Get(3, "/")]),
        ["5.1 window update on a half-closed stream"] = (1, [Get(1, "/"), WindowUpdate(1, 100)]),
        ["5.1 reset of a half-closed stream"] = (3, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, s_hang), Reset(1), Get(3, "/")]),
        ["5.1 priority, window update and reset behind the client's reset"] = (3, [Post(1, "/hang"), Reset(1), Frame(Http2FrameType.Priority, 0, 1, 0, 0, 0, 0, 16), WindowUpdate(1, 1), Reset(1), Get(3, "/")]),
        ["5.1.1 numbers that are left out"] = (101, [Get(101, "/")]),
        ["5.5 unknown extension on a stream"] = (1, [Post(1, "/"), Frame((Http2FrameType)0xee, 0, 1, 1, 2), Data(1, "x", endStream: true)]),
        ["6.1 several frames of data"] = (1, [Post(1, "/"), Data(1, "a", false), Data(1, "b", false), Data(1, "c", true)]),
        ["6.1 padded data"] = (1, [Post(1, "/", ("content-length", "2")), Frame(Http2FrameType.Data, EndStream | Padded, 1, 3, (byte)'a', (byte)'b', 0, 0, 0)]),
        ["6.1 data that is all padding, once"] = (1, [Post(1, "/", ("content-length", "1")), Frame(Http2FrameType.Data, Padded, 1, 0), Data(1, "x", true)]),
        ["6.1 empty data that ends"] = (1, [Post(1, "/"), Data(1, "", true)]),
        ["6.2 padded head"] = (1, [Frame(Http2FrameType.Headers, EndStream | EndHeaders | Padded, 1, [2, .. s_block, 0, 0])]),
        ["6.2 head with priority"] = (1, [Frame(Http2FrameType.Headers, EndStream | EndHeaders | Priority, 1, [0, 0, 0, 0, 255, .. s_block])]),
        ["6.2 padded head with exclusive priority"] = (3, [Get(1, "/"), Frame(Http2FrameType.Headers, EndStream | EndHeaders | Priority | Padded, 3, [1, 0x80, 0, 0, 1, 0, .. s_block, 0])]),
        ["6.3 priority by a stream that is no more than named"] = (3, [Frame(Http2FrameType.Priority, 0, 5, 0x80, 0, 0, 3, 255), Get(3, "/")]),
        ["6.5 settings and their acknowledgement"] = (1, [Frame(Http2FrameType.Settings, 1, 0), Frame(Http2FrameType.Settings, 0, 0, Setting(4, 70_000)), Get(1, "/")]),
        ["6.5.2 unknown setting"] = (1, [Frame(Http2FrameType.Settings, 0, 0, Setting(0xff, 1)), Get(1, "/")]),
        ["6.5.2 push disabled, and the largest frame"] = (1, [Frame(Http2FrameType.Settings, 0, 0, [.. Setting(2, 0), .. Setting(5, (1 << 24) - 1)]), Get(1, "/")]),
        ["6.5.3 one setting twice: the last counts"] = (1, [Frame(Http2FrameType.Settings, 0, 0, [.. Setting(4, 0), .. Setting(4, 65_535)]), Get(1, "/")]),
        ["6.7 answer to a ping that was never sent"] = (1, [Frame(Http2FrameType.Ping, 1, 0, new byte[8]), Get(1, "/")]),
        ["6.9 window update of the connection and of a stream"] = (1, [WindowUpdate(0, 1), Post(1, "/"), WindowUpdate(1, 1), Data(1, "x", true)]),
        ["6.10 a block of continuations"] = (1, [Frame(Http2FrameType.Headers, EndStream, 1, s_block), .. Enumerable.Repeat(Frame(Http2FrameType.Continuation, 0, 1, Block(("x", "y"))), 5), Frame(Http2FrameType.Continuation, EndHeaders, 1, Block(("x", "y")))]),
        ["7 reset with an unknown code"] = (3, [Post(1, "/hang"), Frame(Http2FrameType.ResetStream, 0, 1, Word(0xff)), Get(3, "/")]),
        ["8.1 trailers behind data"] = (1, [Post(1, "/"), Data(1, "x", false), Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, Block(("x-checksum", "1")))]),
        ["8.1 trailers without data"] = (1, [Post(1, "/"), Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, Block(("x-checksum", "1")))]),
        ["8.1.1 announced length over several frames"] = (1, [Post(1, "/", ("content-length", "3")), Data(1, "a", false), Data(1, "bc", true)]),
        ["8.2.2 te: trailers"] = (1, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, Block([.. s_get, ("te", "trailers")]))]),
        ["8.3.1 HEAD"] = (1, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, Block(Request("/", "HEAD")))]),
        ["HPACK 4.2 size updates at the block's start"] = (1, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, [0x20, 0x3f, 0xe1, 0x1f, .. s_block])]),
        ["HPACK 6.1 indexed fields of the static table"] = (1, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, [0x82, 0x86, 0x84, .. Block((":authority", "a"))])]),
        ["HPACK 6.2.1 literal that enters the table, and its index"] = (3, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, [.. s_block, 0x40, .. Block(("x", "y"))[1..]]), Frame(Http2FrameType.Headers, EndStream | EndHeaders, 3, [.. s_block, 0xbe])]),
        ["HPACK 6.2.2 literal with an indexed name"] = (1, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, [0x82, 0x86, 0x04, 0x01, (byte)'/', .. Block((":authority", "a"))])]),
        ["HPACK 6.2.3 literal that is never indexed"] = (1, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, [.. s_block, 0x10, .. Block(("x", "y"))[1..]])]),
        ["HPACK 5.2 Huffman strings"] = (1, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, [0x82, 0x86, 0x84, 0x41, 0x8c, 0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff])]),
    };

    /// <summary>What ends the connection, and with which code; what other tests have is not repeated (ConnectionErrorTests).</summary>
    private static readonly Dictionary<string, (Http2ErrorCode Code, byte[][] Frames)> s_fatal = new()
    {
        ["4.2 head above the frame's size"] = (Http2ErrorCode.FrameSizeError, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, new byte[16_385])]),
        ["4.3 priority inside a header block"] = (Http2ErrorCode.ProtocolError, [Frame(Http2FrameType.Headers, EndStream, 1, s_block), Frame(Http2FrameType.Priority, 0, 1, 0, 0, 0, 0, 16)]),
        ["4.3 another head inside a header block"] = (Http2ErrorCode.ProtocolError, [Frame(Http2FrameType.Headers, EndStream, 1, s_block), Get(3, "/")]),
        ["4.3 data inside a header block"] = (Http2ErrorCode.ProtocolError, [Frame(Http2FrameType.Headers, 0, 1, s_block), Data(1, "x", true)]),
        ["5.1 continuation on an idle stream"] = (Http2ErrorCode.ProtocolError, [Frame(Http2FrameType.Continuation, EndHeaders, 1, s_block)]),
        ["5.1 continuation behind a whole block"] = (Http2ErrorCode.ProtocolError, [Post(1, "/hang"), Frame(Http2FrameType.Continuation, EndHeaders, 1, s_block)]),
        ["5.1 continuation behind the client's reset"] = (Http2ErrorCode.ProtocolError, [Post(1, "/hang"), Reset(1), Frame(Http2FrameType.Continuation, EndHeaders, 1, s_block)]),
        ["5.5 unknown extension inside a header block"] = (Http2ErrorCode.ProtocolError, [Frame(Http2FrameType.Headers, EndStream, 1, s_block), Frame((Http2FrameType)0x16, 0, 0, new byte[8])]),
        ["6.2 padding longer than the head"] = (Http2ErrorCode.ProtocolError, [Frame(Http2FrameType.Headers, EndStream | EndHeaders | Padded, 1, [(byte)(s_block.Length + 1), .. s_block])]),
        ["6.2 head too short for its priority"] = (Http2ErrorCode.FrameSizeError, [Frame(Http2FrameType.Headers, EndStream | EndHeaders | Priority, 1, 0, 0, 0)]),
        ["6.3 priority on stream 0"] = (Http2ErrorCode.ProtocolError, [Frame(Http2FrameType.Priority, 0, 0, 0, 0, 0, 1, 16)]),
        ["6.4 reset of stream 0"] = (Http2ErrorCode.ProtocolError, [Frame(Http2FrameType.ResetStream, 0, 0, Word(8))]),
        ["6.4 reset of three bytes"] = (Http2ErrorCode.FrameSizeError, [Post(1, "/hang"), Frame(Http2FrameType.ResetStream, 0, 1, 0, 0, 8)]),
        ["6.5.2 frame size above 2^24 - 1"] = (Http2ErrorCode.ProtocolError, [Frame(Http2FrameType.Settings, 0, 0, Setting(5, 1 << 24))]),
        ["6.7 ping of nine bytes"] = (Http2ErrorCode.FrameSizeError, [Frame(Http2FrameType.Ping, 0, 0, new byte[9])]),
        ["6.8 goaway of seven bytes"] = (Http2ErrorCode.FrameSizeError, [Frame(Http2FrameType.GoAway, 0, 0, new byte[7])]),
        ["6.9.1 windows that add up to more than 2^31 - 1"] = (Http2ErrorCode.FlowControlError, [WindowUpdate(0, int.MaxValue - 65_535), WindowUpdate(0, 1)]),
        ["6.10 continuation of stream 0"] = (Http2ErrorCode.ProtocolError, [Frame(Http2FrameType.Headers, EndStream, 1, s_block), Frame(Http2FrameType.Continuation, EndHeaders, 0, s_block)]),
        ["6.10 continuation behind a continuation that ended"] = (Http2ErrorCode.ProtocolError, [Frame(Http2FrameType.Headers, 0, 1, s_hang), Frame(Http2FrameType.Continuation, EndHeaders, 1), Frame(Http2FrameType.Continuation, EndHeaders, 1)]),
        ["6.10 continuation behind data"] = (Http2ErrorCode.ProtocolError, [Post(1, "/hang"), Data(1, "x", false), Frame(Http2FrameType.Continuation, EndHeaders, 1, s_block)]),
        ["8.4 push promise of a client"] = (Http2ErrorCode.ProtocolError, [Post(1, "/hang"), Frame(Http2FrameType.PushPromise, EndHeaders, 1, [0, 0, 0, 2, .. s_block])]),
        ["HPACK 2.3.3 index behind the static table"] = (Http2ErrorCode.CompressionError, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, [.. s_block, 0xc6])]),
        ["HPACK 2.3.3 name behind the static table"] = (Http2ErrorCode.CompressionError, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, [.. s_block, 0x7f, 0x07, 1, (byte)'x'])]),
        ["HPACK 4.2 size update behind a field"] = (Http2ErrorCode.CompressionError, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, [.. s_block, 0x20])]),
        ["HPACK 5.2 padding of zeros"] = (Http2ErrorCode.CompressionError, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, [.. s_block, 0x00, 0x81, 0xf0, 0x01, (byte)'y'])]),
        ["HPACK 5.2 the end of string in a string"] = (Http2ErrorCode.CompressionError, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, [.. s_block, 0x00, 0x01, (byte)'x', 0x84, 0xff, 0xff, 0xff, 0xff])]),
        ["HPACK 5.1 integer without an end"] = (Http2ErrorCode.CompressionError, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, [.. s_block, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])]),
        ["HPACK 6.1 index 0"] = (Http2ErrorCode.CompressionError, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, [.. s_block, 0x80])]),
        ["HPACK 6.3 three size updates that grow beyond what was announced"] = (Http2ErrorCode.CompressionError, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, [0x20, 0x3f, 0xe1, 0xff, 0xff, 0x0f, .. s_block])]),
    };

    /// <summary>What ends stream 1 alone; what other tests have is not repeated (StreamErrorTests).</summary>
    private static readonly Dictionary<string, (Http2ErrorCode Code, byte[][] Frames)> s_streams = new()
    {
        ["5.3.1 priority of a stream on itself"] = (Http2ErrorCode.ProtocolError, [Post(1, "/hang"), Frame(Http2FrameType.Priority, 0, 1, 0, 0, 0, 1, 16)]),
        ["6.3 priority of four bytes"] = (Http2ErrorCode.FrameSizeError, [Post(1, "/hang"), Frame(Http2FrameType.Priority, 0, 1, 0, 0, 0, 0)]),
        ["6.9.1 windows of a stream that add up to more than 2^31 - 1"] = (Http2ErrorCode.FlowControlError, [Post(1, "/hang"), WindowUpdate(1, int.MaxValue - 65_535), WindowUpdate(1, 1)]),
        ["8.3.1 no method"] = (Http2ErrorCode.ProtocolError, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, Block(s_get.AsSpan(1)))]),
        ["8.3.1 no scheme"] = (Http2ErrorCode.ProtocolError, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, Block([s_get[0], .. s_get[2..]]))]),
        ["8.3.1 two schemes"] = (Http2ErrorCode.ProtocolError, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, Block([s_get[1], .. s_get]))]),
        ["8.3.1 two paths"] = (Http2ErrorCode.ProtocolError, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, Block([s_get[2], .. s_get]))]),
        ["8.3.1 two authorities"] = (Http2ErrorCode.ProtocolError, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, Block([s_get[3], .. s_get]))]),
        ["8.2.2 keep-alive"] = (Http2ErrorCode.ProtocolError, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, Block([.. s_get, ("keep-alive", "5")]))]),
        ["8.2.2 proxy-connection"] = (Http2ErrorCode.ProtocolError, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, Block([.. s_get, ("proxy-connection", "keep-alive")]))]),
        ["8.2.2 upgrade"] = (Http2ErrorCode.ProtocolError, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, Block([.. s_get, ("upgrade", "h2c")]))]),
        ["8.2.1 space in front of a value"] = (Http2ErrorCode.ProtocolError, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, Block([.. s_get, ("x", " a")]))]),
        ["8.2.1 empty name"] = (Http2ErrorCode.ProtocolError, [Frame(Http2FrameType.Headers, EndStream | EndHeaders, 1, Block([.. s_get, ("", "a")]))]),
        ["8.1.1 announced length over several frames, one byte short"] = (Http2ErrorCode.ProtocolError, [Post(1, "/hang", ("content-length", "4")), Data(1, "a", false), Data(1, "bc", true)]),
    };

    public static TheoryData<string> Taken => new(s_taken.Keys);

    public static TheoryData<string> Fatal => new(s_fatal.Keys);

    public static TheoryData<string> Streams => new(s_streams.Keys);

    [Theory]
    [MemberData(nameof(Taken))]
    public async Task WhatTheRuleAllows_IsServed(string rule)
    {
        await using World world = await World.StartAsync();
        using RawHttp2Client client = await ConnectAsync(world.Proxy);
        await client.SendAsync(s_taken[rule].Frames);
        await client.ExpectStatusAsync(s_taken[rule].Stream, "200");
        await client.ServeAsync(s_taken[rule].Stream + 100);
    }

    [Theory]
    [MemberData(nameof(Fatal))]
    public async Task WhatTheRuleForbidsAConnection_EndsIt(string rule)
    {
        await using World world = await World.StartAsync();
        using RawHttp2Client client = await ConnectAsync(world.Proxy);
        await client.FloodAsync([.. s_fatal[rule].Frames.SelectMany(static frame => frame)]);
        await client.ExpectGoAwayAsync(s_fatal[rule].Code);
        Assert.Equal(0, world.Served);
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task WhatTheRuleForbidsAStream_EndsIt(string rule)
    {
        await using World world = await World.StartAsync();
        using RawHttp2Client client = await ConnectAsync(world.Proxy);
        await client.SendAsync(s_streams[rule].Frames);
        await client.ExpectResetAsync(1, s_streams[rule].Code);
        await client.ServeAsync(3);
        Assert.Equal(1, world.Served);
    }

    [Fact]
    public async Task Section3_4_OurSettingsComeFirstAndTheClientsAreAcknowledged()
    {
        await using World world = await World.StartAsync();
        using RawHttp2Client client = await ConnectAsync(world.Proxy);
        RawFrame first = (await client.ReadAsync())!;
        Assert.Equal((Http2FrameType.Settings, 0), (first.Type, first.Flags));
        RawFrame next = await client.ReadUntilAsync(Http2FrameType.Settings, 0);
        Assert.Equal((1, 0), (next.Flags, next.Payload.Length));
    }

    [Fact]
    public async Task Section6_7_APingIsAnsweredWithItsOwnBytes()
    {
        await using World world = await World.StartAsync();
        using RawHttp2Client client = await ConnectAsync(world.Proxy);
        await client.SendAsync(Frame(Http2FrameType.Ping, 0, 0, "h2spec!!"u8));
        RawFrame answer = await client.ReadUntilAsync(Http2FrameType.Ping, 0);
        Assert.Equal((1, "h2spec!!"), (answer.Flags, System.Text.Encoding.ASCII.GetString(answer.Payload)));
    }

    [Fact]
    public async Task Section6_9_2_AWindowThatShrinksBelowZero_IsWaitedFor()
    {
        await using World world = await World.StartAsync();
        using RawHttp2Client client = await ConnectAsync(world.Proxy, Setting(4, 3));
        await client.SendAsync(Get(1, "/"));
        await client.ExpectStatusAsync(1, "200");
        Assert.Equal("hel"u8.ToArray(), (await client.ReadUntilAsync(Http2FrameType.Data, 1)).Payload);
        // Three bytes are out; with a window of two that is one too many: nothing more until it is above zero.
        await client.SendAsync(Frame(Http2FrameType.Settings, 0, 0, Setting(4, 2)), WindowUpdate(1, 1), Frame(Http2FrameType.Ping, 0, 0, new byte[8]));
        while (await client.ReadAsync() is { } frame)
        {
            Assert.NotEqual(Http2FrameType.Data, frame.Type);
            if (frame.Type == Http2FrameType.Ping) break;
        }

        await client.SendAsync(WindowUpdate(1, 1));
        Assert.Equal("l"u8.ToArray(), (await client.ReadUntilAsync(Http2FrameType.Data, 1)).Payload);
        await client.SendAsync(Frame(Http2FrameType.Settings, 0, 0, Setting(4, 65_535)));
        Assert.Equal("o"u8.ToArray(), (await client.ReadUntilAsync(Http2FrameType.Data, 1)).Payload);
    }

    [Fact]
    public async Task Section6_9_1_AWindowOfOneByte_IsObeyed()
    {
        await using World world = await World.StartAsync();
        using RawHttp2Client client = await ConnectAsync(world.Proxy, Setting(4, 1));
        await client.SendAsync(Get(1, "/"));
        for (int i = 0; i < 5; i++)
        {
            Assert.Single((await client.ReadUntilAsync(Http2FrameType.Data, 1)).Payload);
            await client.SendAsync(WindowUpdate(1, 1));
        }
    }

    [Fact]
    public async Task Section6_8_AGoAwayWithAnUnknownCode_LetsStreamsFinish()
    {
        await using World world = await World.StartAsync();
        using RawHttp2Client client = await ConnectAsync(world.Proxy);
        await client.SendAsync(Post(1, "/"), Frame(Http2FrameType.GoAway, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0xff]), Data(1, "x", endStream: true));
        await client.ExpectStatusAsync(1, "200");
    }

    /// <summary>A server that reads whatever it is sent and says hello, but hangs where it is asked to.</summary>
    private sealed class World : IAsyncDisposable
    {
        private readonly KestrelUpstream _upstream;
        private readonly Tally _served;

        private World(KestrelUpstream upstream, Tally served)
        {
            _upstream = upstream;
            _served = served;
            Proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port));
        }

        public ProxyUnderTest Proxy { get; }

        /// <summary>Requests that came whole.</summary>
        public int Served => Volatile.Read(ref _served.Count);

        public static async Task<World> StartAsync()
        {
            Tally served = new();
            KestrelUpstream upstream = await KestrelUpstream.StartAsync(
                async context =>
                {
                    if (context.Request.Path == "/hang") await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
                    await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
                    Interlocked.Increment(ref served.Count);
                    context.Response.ContentLength = 5;
                    if (context.Request.Method != "HEAD") await context.Response.WriteAsync("hello");
                },
                HttpProtocols.Http1);
            return new World(upstream, served);
        }

        public async ValueTask DisposeAsync()
        {
            await Proxy.DisposeAsync();
            await _upstream.DisposeAsync();
        }

        private sealed class Tally
        {
            public int Count;
        }
    }
}
