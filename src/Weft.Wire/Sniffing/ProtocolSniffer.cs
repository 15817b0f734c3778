using Weft.Wire.Http1;
using Weft.Wire.Http2;

namespace Weft.Wire.Sniffing;

/// <summary>
/// Tells the protocol from the first bytes that a client sends, as Envoy's tls_inspector and http_inspector do. A client that waits for
/// the server to speak first (MySQL, SMTP) sends nothing, so the caller needs a timeout after which it takes <see cref="SniffedProtocol.Other"/>.
/// </summary>
public static class ProtocolSniffer
{
    /// <summary>A request line without a path in front that is longer than this counts as another protocol.</summary>
    public const int MaxRequestLineBytes = 4096;

    private const int LongestMethod = 16;

    private static readonly byte[][] s_methods =
    [
        .. new[]
        {
            "GET", "POST", "PUT", "HEAD", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE",
            "LOCK", "UNLOCK", "SEARCH", "REPORT", "CHECKOUT", "MERGE", "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "PURGE", "MKCALENDAR", "LINK", "UNLINK",
        }.Select(System.Text.Encoding.ASCII.GetBytes),
    ];

    /// <summary>Looks at the first bytes of a connection without consuming them.</summary>
    /// <param name="input">All bytes received so far.</param>
    /// <param name="tls">Whether TLS is looked for; when not, a TLS record is <see cref="SniffedProtocol.Other"/>.</param>
    /// <param name="http">Whether HTTP is looked for.</param>
    public static SniffedProtocol Sniff(ReadOnlySpan<byte> input, bool tls, bool http)
    {
        if (input.IsEmpty)
            return SniffedProtocol.NeedMore;
        if (tls && input[0] == 0x16)
            return Tls(input);
        return http ? Http(input) : SniffedProtocol.Other;
    }

    /// <summary>Record type 22, major version 3, minor 0 to 4, and a handshake message of type 1 (RFC 8446 sections 4 and 5.1).</summary>
    private static SniffedProtocol Tls(ReadOnlySpan<byte> input)
    {
        if ((input.Length > 1 && input[1] != 3) || (input.Length > 2 && input[2] > 4) || (input.Length > 5 && input[5] != 1))
            return SniffedProtocol.Other;
        return input.Length > 5 ? SniffedProtocol.Tls : SniffedProtocol.NeedMore;
    }

    private static SniffedProtocol Http(ReadOnlySpan<byte> input)
    {
        if (Http2Preface.IsPossible(input))
            return Http2Preface.IsComplete(input) ? SniffedProtocol.Http2 : SniffedProtocol.NeedMore;
        int space = input[..Math.Min(input.Length, LongestMethod)].IndexOf((byte)' ');
        if (space < 0)
            return input.Length < LongestMethod && IsMethodStart(input) ? SniffedProtocol.NeedMore : SniffedProtocol.Other;
        if (!IsMethod(input[..space]))
            return SniffedProtocol.Other;
        ReadOnlySpan<byte> target = input[(space + 1)..];
        if (target.IsEmpty)
            return SniffedProtocol.NeedMore;
        // A path is proof enough and spares waiting; other targets ("GET key" is also a Redis command) need the version.
        return target[0] == '/' ? SniffedProtocol.Http1 : WholeLine(target);
    }

    private static SniffedProtocol WholeLine(ReadOnlySpan<byte> target)
    {
        int stop = target.IndexOfAny(WireBytes.TargetStops);
        if (stop < 0)
            return target.Length < MaxRequestLineBytes ? SniffedProtocol.NeedMore : SniffedProtocol.Other;
        if (stop == 0 || stop > MaxRequestLineBytes || target[stop] != ' ')
            return SniffedProtocol.Other;
        ReadOnlySpan<byte> expected = "HTTP/1."u8;
        ReadOnlySpan<byte> version = target[(stop + 1)..];
        if (version.Length >= expected.Length)
            return version.StartsWith(expected) ? SniffedProtocol.Http1 : SniffedProtocol.Other;
        return expected.StartsWith(version) ? SniffedProtocol.NeedMore : SniffedProtocol.Other;
    }

    private static bool IsMethod(ReadOnlySpan<byte> token)
    {
        foreach (byte[] method in s_methods)
        {
            if (token.SequenceEqual(method))
                return true;
        }

        return false;
    }

    private static bool IsMethodStart(ReadOnlySpan<byte> start)
    {
        foreach (byte[] method in s_methods)
        {
            if (method.AsSpan().StartsWith(start))
                return true;
        }

        return false;
    }
}
