using System.Text;
using Weft.Wire.Http;
using Weft.Wire.Tests.Http1;
using Weft.Wire.WebSockets;

namespace Weft.Wire.Tests.WebSockets;

public sealed class WebSocketHandshakeTests
{
    private const string Key = "dGhlIHNhbXBsZSBub25jZQ==";

    [Fact]
    public void SampleOfTheRfc_IsAccepted()
    {
        byte[] accept = new byte[WebSocketHandshake.AcceptLength];
        WebSocketHandshake.WriteAccept(Encoding.ASCII.GetBytes(Key), accept);
        Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", Encoding.ASCII.GetString(accept));
        Parsed response = Parsed.OfResponse("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
        HeadView headers = new(response.Input, response.Fields, response.Response.FieldsEnd, null);
        Assert.True(WebSocketHandshake.IsAccepted(response.Response, headers, Encoding.ASCII.GetBytes(Key)));
        Assert.False(WebSocketHandshake.IsAccepted(response.Response, headers, "AAAAAAAAAAAAAAAAAAAAAA=="u8));
    }

    [Theory]
    [InlineData("GET", "Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Key: " + Key + "\r\nSec-WebSocket-Version: 13", true)]
    [InlineData("POST", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + Key + "\r\nSec-WebSocket-Version: 13", false)]
    [InlineData("GET", "Upgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + Key + "\r\nSec-WebSocket-Version: 13", false)]
    [InlineData("GET", "Upgrade: websocket\r\nSec-WebSocket-Key: " + Key + "\r\nSec-WebSocket-Version: 13", false)]
    [InlineData("GET", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13", false)]
    [InlineData("GET", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + Key + "\r\nSec-WebSocket-Version: 8", false)]
    [InlineData("GET", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13", false)]
    public void Request_IsChecked(string method, string lines, bool valid)
    {
        Parsed parsed = Parsed.OfRequest($"{method} /chat HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n");
        RequestView view = new(parsed.Request, new HeadView(parsed.Input, parsed.Fields, parsed.Request.FieldsEnd, null));
        Assert.Equal(valid, WebSocketHandshake.IsRequest(view, parsed.Request.Flags, parsed.Request.UpgradeToken.Of(parsed.Input)));
    }
}
