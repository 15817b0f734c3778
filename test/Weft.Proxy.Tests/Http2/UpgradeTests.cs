using System.Text;
using Weft.Proxy.Tests.Engine;
using Weft.Wire.Http2;
using static Weft.Proxy.Tests.Http2.RawHttp2Client;

namespace Weft.Proxy.Tests.Http2;

/// <summary>From HTTP/1.1 to HTTP/2 on the same plaintext connection (RFC 7540 section 3.2).</summary>
public class UpgradeTests
{
    // SETTINGS_INITIAL_WINDOW_SIZE is 2.
    private const string Offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAQAAAAC\r\n";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Upgrade_MakesTheRequestStreamOne(bool prefaceComesAlong)
    {
        using ScriptedServer server = ScriptedServer.Mirroring();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient raw = await proxy.ConnectAsync();
        byte[] preface = [.. Http2Preface.Bytes, .. Frame(Http2FrameType.Settings, 0, 0)];
        byte[] request = Encoding.ASCII.GetBytes($"GET /a HTTP/1.1\r\nHost: a\r\n{Offer}X-Custom: yes\r\n\r\n");
        await raw.SendAsync(prefaceComesAlong ? [.. request, .. preface] : request);
        Assert.Equal("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n", await raw.ReadUntilAsync("\r\n\r\n"));
        using RawHttp2Client client = Over(raw);
        if (!prefaceComesAlong) await client.SendAsync(preface);
        await client.ExpectStatusAsync(1, "200");
        Assert.Equal("GE", Encoding.ASCII.GetString((await client.ReadUntilAsync(Http2FrameType.Data, 1)).Payload));
        await client.SendAsync(WindowUpdate(1, 1 << 20));
        string seen = "GE";
        for (RawFrame? frame = null; frame?.EndStream != true; seen += Encoding.ASCII.GetString(frame.Payload)) frame = await client.ReadUntilAsync(Http2FrameType.Data, 1);
        Assert.StartsWith("GET /a HTTP/1.1\r\n", seen);
        Assert.Contains("x-custom: yes\r\n", seen, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("http2-settings", seen, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("upgrade", seen, StringComparison.OrdinalIgnoreCase);
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((200, "/a"), (record.Status, record.Path));
        await client.SendAsync(WindowUpdate(3, 1));
        await client.ExpectGoAwayAsync(Http2ErrorCode.ProtocolError);
    }

    [Fact]
    public async Task StreamsBehindTheUpgrade_AreServed()
    {
        using TalkativeUpstream upstream = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port));
        using RawClient raw = await proxy.ConnectAsync();
        // Not the first request of its connection.
        await raw.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.EndsWith("hello", (await raw.ReadResponseAsync()).Body);
        await raw.SendAsync($"GET / HTTP/1.1\r\nHost: a\r\n{Offer.Replace("AAQAAAAC", "", StringComparison.Ordinal)}\r\n");
        Assert.StartsWith("HTTP/1.1 101 ", await raw.ReadUntilAsync("\r\n\r\n"));
        using RawHttp2Client client = Over(raw);
        await client.SendAsync(Http2Preface.Bytes.ToArray(), Frame(Http2FrameType.Settings, 0, 0));
        await client.ExpectStatusAsync(1, "200");
        for (int id = 3; id < 103; id += 2) await client.ServeAsync(id);
        await client.SendAsync(Get(1, "/"));
        await client.ExpectGoAwayAsync(Http2ErrorCode.StreamClosed);
    }

    [Theory]
    [InlineData("Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAQAAAAC\r\n")]
    [InlineData("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n")]
    [InlineData("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAQAAAAC\r\nHTTP2-Settings: AAQAAAAC\r\n")]
    [InlineData("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAQ\r\n")]
    [InlineData("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAQAAAAC!\r\n")]
    [InlineData("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAT_____\r\n")]
    [InlineData("Connection: HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAQAAAAC\r\n")]
    public async Task OfferThatIsNotWhole_IsPassedOver(string offer)
    {
        using TalkativeUpstream upstream = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port));
        using RawClient raw = await proxy.ConnectAsync();
        await raw.SendAsync($"GET / HTTP/1.1\r\nHost: a\r\n{offer}\r\n");
        (string head, string body) = await raw.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 200 ", head);
        Assert.Equal("hello", body);
    }

    [Fact]
    public async Task OfferWithABody_IsPassedOver()
    {
        using TalkativeUpstream upstream = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port));
        using RawClient raw = await proxy.ConnectAsync();
        await raw.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\n{Offer}Content-Length: 1\r\n\r\nx");
        Assert.StartsWith("HTTP/1.1 200 ", (await raw.ReadResponseAsync()).Head);
    }

    [Fact]
    public async Task PrefaceMissingBehindTheUpgrade_EndsTheConnection()
    {
        using TalkativeUpstream upstream = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port));
        using RawClient raw = await proxy.ConnectAsync();
        await raw.SendAsync($"GET /hang HTTP/1.1\r\nHost: a\r\n{Offer}\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 101 ", await raw.ReadUntilAsync("\r\n\r\n"));
        using RawHttp2Client client = Over(raw);
        await client.ExpectGoAwayAsync(Http2ErrorCode.ProtocolError);
        Assert.Equal(0, upstream.Answered);
    }
}
