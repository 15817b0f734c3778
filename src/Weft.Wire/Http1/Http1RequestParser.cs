using Weft.Wire.Http;

namespace Weft.Wire.Http1;

/// <summary>
/// Parses HTTP/1.1 request heads (RFC 9112) without allocating. Strict where leniency has been a way to smuggle requests: line
/// ends, white space before colons, folding, framing headers and hosts. Pure; any thread.
/// </summary>
public static class Http1RequestParser
{
    /// <summary>
    /// Parses one head from the start of <paramref name="input"/>. Nothing is consumed before the head is complete.
    /// </summary>
    /// <param name="input">The bytes received so far; offsets in the result count from its start.</param>
    /// <param name="fields">Storage for the header fields, owned by the caller; its length bounds their number too.</param>
    /// <param name="limits">Bounds and choices.</param>
    /// <param name="scanned">Zero before the first call for a head; hand it back unchanged when parsing again with more bytes.</param>
    /// <param name="head">The head, when complete.</param>
    /// <param name="consumed">Bytes of <paramref name="input"/> that the head took, its empty line included; zero unless complete.</param>
    public static ParseResult Parse(
        ReadOnlySpan<byte> input, Span<HeaderField> fields, in Http1Limits limits, ref int scanned, out RequestHead head, out int consumed)
    {
        head = default;
        consumed = 0;
        int before = scanned;
        int length = HeadEnd.Find(input, Math.Min(limits.MaxHeadBytes, Http1Limits.HeadBytesCeiling), ref scanned, out WireError error);
        // A client may send an empty line behind the body before (RFC 9112 section 2.2): one is skipped.
        int offset = input.StartsWith("\r\n"u8) ? 2 : 0;
        if (length < 0)
        {
            WireError early = Early(input, offset, before, limits);
            if (early != WireError.None)
                error = early;
            return error == WireError.None ? ParseResult.NeedMore : ParseResult.Failed(error);
        }

        error = ParseHead(input[..length], offset, fields, limits, ref head);
        if (error != WireError.None)
            return ParseResult.Failed(error);
        consumed = length;
        return ParseResult.Complete;
    }

    private static WireError ParseHead(ReadOnlySpan<byte> buffer, int offset, Span<HeaderField> fields, in Http1Limits limits, ref RequestHead head)
    {
        if (offset + 2 == buffer.Length)
            return WireError.BadRequestLine;
        WireError error = RequestLine.Parse(buffer, offset, limits, ref head, out int next);
        if (error != WireError.None)
            return error;
        MessageFacts facts = new() { Flags = head.Flags };
        int end = buffer.Length - 2;
        error = FieldBlock.Parse(buffer, next, end, fields, limits, SectionKind.Request, ref facts, out int count);
        if (error == WireError.None)
            error = facts.Finish(head.Version);
        if (error == WireError.None)
            error = Host(buffer, facts, ref head);
        if (error != WireError.None)
            return error;

        head.FieldCount = (ushort)count;
        head.FieldsOffset = (ushort)next;
        head.FieldsEnd = (ushort)end;
        head.Flags = facts.Flags;
        head.UpgradeToken = facts.Upgrade;
        head.ContentLength = facts.ContentLength;
        head.Framing = facts.Chunked ? BodyFraming.Chunked : facts.ContentLength > 0 ? BodyFraming.ContentLength : BodyFraming.None;
        return WireError.None;
    }

    private static WireError Host(ReadOnlySpan<byte> buffer, in MessageFacts facts, ref RequestHead head)
    {
        if (facts.HostCount > 1)
            return WireError.DuplicateHost;
        if (facts.Host.IsEmpty)
        {
            if (head.Version == WireVersion.Http11)
                return WireError.MissingHost;
            return WireError.None;
        }

        if (!HostSyntax.IsValid(facts.Host.Of(buffer)))
            return WireError.BadHost;
        if (head.Authority.IsEmpty)
            head.Authority = facts.Host;
        return WireError.None;
    }

    /// <summary>Refuses as soon as it is certain, so that a peer that speaks something else does not hang until a timeout.</summary>
    private static WireError Early(ReadOnlySpan<byte> input, int offset, int before, in Http1Limits limits)
    {
        if (input.Length == offset || input is [(byte)'\r'])
            return WireError.None;
        WireError error = RequestLine.CheckStart(input[offset..]);
        if (error != WireError.None)
            return error;
        int fresh = Math.Max(before, offset);
        if (fresh >= input.Length)
            return WireError.None;
        int lineFeed = input[fresh..].IndexOf((byte)'\n');
        if (lineFeed < 0 || input[offset..fresh].Contains((byte)'\n') || input[fresh + lineFeed - 1] != '\r')
            return WireError.None;
        RequestHead probe = default;
        return RequestLine.Parse(input, offset, limits, ref probe, out _);
    }
}
