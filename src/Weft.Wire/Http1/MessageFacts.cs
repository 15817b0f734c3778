using System.Text;
using Weft.Wire.Http;

namespace Weft.Wire.Http1;

/// <summary>What the header lines of one message say about its framing and its connection; gathered line by line.</summary>
internal struct MessageFacts
{
    /// <summary>The most tokens that Connection fields may name, so that marking them stays cheap.</summary>
    public const int MaxConnectionTokens = 16;

    public HeadFlags Flags;
    public bool Chunked;
    public bool HasContentLength;
    public bool NamesFields;
    public byte HostCount;
    public byte ConnectionTokens;
    public ByteRange Host;
    public ByteRange Upgrade;
    public long ContentLength;
    private bool _closeSaid;
    private bool _keepAliveSaid;
    private bool _upgradeSaid;

    /// <summary>Takes note of a field that frames the message or concerns the connection; the others do not come here.</summary>
    public WireError Note(ref HeaderField field, ReadOnlySpan<byte> value, SectionKind kind)
    {
        switch (field.Known)
        {
            case KnownHeader.Host:
                if (HostCount < 2)
                    HostCount++;
                Host = ByteRange.At(field.ValueOffset, field.ValueLength);
                return WireError.None;
            case KnownHeader.ContentLength:
                return NoteContentLength(value);
            case KnownHeader.TransferEncoding:
                return NoteTransferEncoding(value);
            case KnownHeader.Connection:
                MarkHop(ref field);
                return NoteConnection(value);
            case KnownHeader.Upgrade:
                MarkHop(ref field);
                Upgrade = ByteRange.At(field.ValueOffset, field.ValueLength);
                return WireError.None;
            case KnownHeader.Te:
                MarkHop(ref field);
                if (Ascii.EqualsIgnoreCase(value, "trailers"u8))
                    Flags |= HeadFlags.AcceptsTrailers;
                return WireError.None;
            case KnownHeader.Trailer:
                Flags |= HeadFlags.TrailersAnnounced;
                return WireError.None;
            case KnownHeader.Expect when kind == SectionKind.Request:
                if (!Ascii.EqualsIgnoreCase(value, "100-continue"u8))
                    return WireError.UnsupportedExpectation;
                Flags |= HeadFlags.ExpectsContinue;
                return WireError.None;
            case KnownHeader.KeepAlive or KnownHeader.ProxyConnection or KnownHeader.Http2Settings:
                MarkHop(ref field);
                return WireError.None;
            default:
                return WireError.None;
        }
    }

    /// <summary>Settles what only the whole head tells: persistence by version, upgrade, and conflicts of framing.</summary>
    public WireError Finish(WireVersion version)
    {
        if (Chunked && HasContentLength)
            return WireError.ConflictingFraming;
        if (Chunked && version == WireVersion.Http10)
            return WireError.BadTransferEncoding;
        if (_closeSaid)
            Flags |= HeadFlags.Close;
        else if (version == WireVersion.Http11 || _keepAliveSaid)
            Flags |= HeadFlags.KeepAlive;
        if (_upgradeSaid && version == WireVersion.Http11 && !Upgrade.IsEmpty)
            Flags |= HeadFlags.Upgrade;
        if (version == WireVersion.Http10)
            Flags &= ~HeadFlags.ExpectsContinue;
        return WireError.None;
    }

    private void MarkHop(ref HeaderField field)
    {
        field.Flags |= HeaderFieldFlags.HopByHop;
        Flags |= HeadFlags.HasFieldsToRemove;
    }

    private WireError NoteContentLength(ReadOnlySpan<byte> value)
    {
        if (HasContentLength || value.Contains((byte)','))
            return WireError.DuplicateContentLength;
        if (value.Length is 0 or > 19)
            return WireError.BadContentLength;
        ulong number = 0;
        foreach (byte digit in value)
        {
            if (digit is < (byte)'0' or > (byte)'9')
                return WireError.BadContentLength;
            number = number * 10 + (uint)(digit - '0');
        }

        if (number > long.MaxValue)
            return WireError.BadContentLength;
        HasContentLength = true;
        ContentLength = (long)number;
        return WireError.None;
    }

    private WireError NoteTransferEncoding(ReadOnlySpan<byte> value)
    {
        if (Chunked || value.IsEmpty)
            return WireError.BadTransferEncoding;
        if (!Ascii.EqualsIgnoreCase(value, "chunked"u8))
            return value[0] == ',' ? WireError.BadTransferEncoding : WireError.UnsupportedTransferEncoding;
        Chunked = true;
        return WireError.None;
    }

    private WireError NoteConnection(ReadOnlySpan<byte> value)
    {
        TokenList tokens = new(value);
        while (tokens.Next(out ReadOnlySpan<byte> token))
        {
            if (token.ContainsAnyExcept(WireBytes.Token) || ++ConnectionTokens > MaxConnectionTokens)
                return WireError.BadConnectionHeader;
            if (Ascii.EqualsIgnoreCase(token, "close"u8))
                _closeSaid = true;
            else if (Ascii.EqualsIgnoreCase(token, "keep-alive"u8))
                _keepAliveSaid = true;
            else if (Ascii.EqualsIgnoreCase(token, "upgrade"u8))
                _upgradeSaid = true;
            else
                NamesFields = true;
        }

        return WireError.None;
    }
}
