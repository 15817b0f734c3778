using Weft.Wire.Http;

namespace Weft.Wire.Http1;

/// <summary>Parses HTTP/1.1 response heads (RFC 9112) without allocating, as strictly as requests. Pure; any thread.</summary>
public static class Http1ResponseParser
{
    /// <summary>Parses one head from the start of <paramref name="input"/>; see <see cref="Http1RequestParser.Parse"/> for the contract.</summary>
    /// <param name="input">The bytes received so far; offsets in the result count from its start.</param>
    /// <param name="requestMethod">The method that this response answers: HEAD and CONNECT change how its body is framed.</param>
    /// <param name="fields">Storage for the header fields, owned by the caller.</param>
    /// <param name="limits">Bounds.</param>
    /// <param name="scanned">Zero before the first call for a head; hand it back unchanged.</param>
    /// <param name="head">The head, when complete.</param>
    /// <param name="consumed">Bytes that the head took; zero unless complete.</param>
    public static ParseResult Parse(
        ReadOnlySpan<byte> input, RequestMethod requestMethod, Span<HeaderField> fields, in Http1Limits limits, ref int scanned,
        out ResponseHead head, out int consumed)
    {
        head = default;
        consumed = 0;
        int length = HeadEnd.Find(input, Math.Min(limits.MaxHeadBytes, Http1Limits.HeadBytesCeiling), ref scanned, out WireError error);
        if (length < 0)
        {
            // Only as much of "HTTP/1." as has come can be judged before the head is complete.
            ReadOnlySpan<byte> expected = "HTTP/1."u8;
            int known = Math.Min(expected.Length, input.Length);
            if (!input[..known].SequenceEqual(expected[..known]))
                return ParseResult.Failed(WireError.BadStatusLine);
            return error == WireError.None ? ParseResult.NeedMore : ParseResult.Failed(error);
        }

        error = ParseHead(input[..length], requestMethod, fields, limits, ref head);
        if (error != WireError.None)
            return ParseResult.Failed(error);
        consumed = length;
        return ParseResult.Complete;
    }

    private static WireError ParseHead(ReadOnlySpan<byte> buffer, RequestMethod requestMethod, Span<HeaderField> fields, in Http1Limits limits, ref ResponseHead head)
    {
        WireError error = StatusLine(buffer, ref head, out int next);
        if (error != WireError.None)
            return error;
        MessageFacts facts = default;
        int end = buffer.Length - 2;
        error = FieldBlock.Parse(buffer, next, end, fields, limits, SectionKind.Response, ref facts, out int count);
        if (error == WireError.None)
            error = facts.Finish(head.Version);
        if (error == WireError.None)
            error = Framing(requestMethod, facts, ref head);
        if (error != WireError.None)
            return error;

        head.FieldCount = (ushort)count;
        head.FieldsOffset = (ushort)next;
        head.FieldsEnd = (ushort)end;
        head.Flags = head.Framing == BodyFraming.UntilClose ? facts.Flags & ~HeadFlags.KeepAlive : facts.Flags;
        head.UpgradeToken = facts.Upgrade;
        return WireError.None;
    }

    private static WireError StatusLine(ReadOnlySpan<byte> buffer, ref ResponseHead head, out int next)
    {
        next = 0;
        if (buffer.StartsWith("HTTP/1.1 "u8))
            head.Version = WireVersion.Http11;
        else if (buffer.StartsWith("HTTP/1.0 "u8))
            head.Version = WireVersion.Http10;
        else
            return WireError.BadStatusLine;
        int a = buffer[9] - '0', b = buffer[10] - '0', c = buffer[11] - '0';
        if (a is < 1 or > 9 || (uint)b > 9 || (uint)c > 9)
            return WireError.BadStatusLine;
        head.Status = (ushort)(a * 100 + b * 10 + c);

        // The space before an empty reason is often left out.
        int reason = 12;
        if (buffer[reason] == ' ')
            reason++;
        else if (buffer[reason] != '\r')
            return WireError.BadStatusLine;
        int length = buffer[reason..].IndexOfAny(WireBytes.ValueStops);
        int stop = reason + length;
        if (buffer[stop] != '\r' || buffer[stop + 1] != '\n')
            return buffer[stop] is (byte)'\r' or (byte)'\n' or 0 ? WireError.BadLineEnd : WireError.BadStatusLine;
        head.Reason = ByteRange.At(reason, length);
        next = stop + 2;
        return WireError.None;
    }

    /// <summary>RFC 9112 section 6.3, in its order.</summary>
    private static WireError Framing(RequestMethod requestMethod, in MessageFacts facts, ref ResponseHead head)
    {
        head.ContentLength = facts.HasContentLength ? facts.ContentLength : -1;
        head.Framing = BodyFraming.None;
        if (head.Status is < 200 or 204)
            return facts.Chunked || facts.ContentLength > 0 ? WireError.UnexpectedBody : WireError.None;
        if (head.Status == 304 || requestMethod == RequestMethod.Head || (requestMethod == RequestMethod.Connect && head.Status < 300))
            return WireError.None;
        if (facts.Chunked)
            head.Framing = BodyFraming.Chunked;
        else if (!facts.HasContentLength)
            head.Framing = BodyFraming.UntilClose;
        else if (facts.ContentLength > 0)
            head.Framing = BodyFraming.ContentLength;
        return WireError.None;
    }
}
