using System.Text;
using Weft.Proxy.Engine;
using Weft.Proxy.Http2;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Wire.Http;
using Weft.Wire.Http2;

namespace Weft.Proxy.Http;

/// <summary>The ways from HTTP/1.1 to HTTP/2: by ALPN, by the client's preface, by an upgrade. Each gives the socket to another object.</summary>
internal sealed partial class Http1ServerConnection
{
    /// <summary>
    /// True when the request offers to go on in HTTP/2 and the offer is taken (RFC 7540 section 3.2): on plaintext, without a body, with one
    /// HTTP2-Settings that Connection names. Any other offer is passed over and the request answered as it came.
    /// </summary>
    private bool WantsHttp2(ReadOnlySpan<byte> data, in RequestHead head, ReadOnlySpan<HeaderField> fields, out Http2Settings settings)
    {
        settings = default;
        if (!head.Has(HeadFlags.Upgrade) || IsTls || _draining || HasUnsent || head.Framing != BodyFraming.None || head.Method == RequestMethod.Connect
            || _http.Model.Codec == HttpCodecType.Http1 || !Ascii.EqualsIgnoreCase(head.UpgradeToken.Of(data), "h2c"u8))
            return false;
        int found = -1;
        bool named = false;
        for (int i = 0; i < head.FieldCount; i++)
        {
            if (fields[i].Known == KnownHeader.Connection) named |= Names(fields[i].Value(data), "http2-settings"u8);
            if (fields[i].Known != KnownHeader.Http2Settings) continue;
            if (found >= 0) return false;
            found = i;
        }

        return found >= 0 && named && Http2UpgradeSettings.TryRead(fields[found].Value(data), out settings);
    }

    private static bool Names(ReadOnlySpan<byte> list, ReadOnlySpan<byte> token)
    {
        foreach (Range part in list.Split((byte)','))
        {
            if (Ascii.EqualsIgnoreCase(list[part].Trim(" \t"u8), token)) return true;
        }

        return false;
    }

    /// <summary>Goes on in HTTP/2, with the request that was just read as its first stream and what came behind it as its first bytes.</summary>
    private void BecomeHttp2(HttpExchange exchange, ReadOnlySpan<byte> data, int headBytes, in RequestHead head, in Http2Settings settings)
    {
        _stats.Add(HttpStat.DownstreamCxHttp1Active, -1);
        Http2ServerConnection connection = GiveAway();
        connection.BeginUpgraded(_facts, _chain, exchange, data[..headBytes], head, settings);
        if (connection.IsOpen && headBytes < data.Length) connection.TakeMore(data[headBytes..]);
        _input.Clear(Worker.Buffers);
    }

    /// <summary>Goes on in HTTP/2, which the client speaks from its first byte.</summary>
    private void BecomeHttp2(ReadOnlySpan<byte> preread)
    {
        GiveAway().Begin(_facts, _chain, preread);
        _input.Clear(Worker.Buffers);
    }

    private Http2ServerConnection GiveAway()
    {
        TimerWheel.Disarm(_timer);
        TimerWheel.Disarm(_durationTimer);
        Http2ServerConnection connection = Worker.Http2Servers.Rent();
        HandOver(connection);
        return connection;
    }
}
