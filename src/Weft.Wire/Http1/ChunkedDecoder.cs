using Weft.Wire.Http;

namespace Weft.Wire.Http1;

/// <summary>
/// Decodes a chunked body (RFC 9112 section 7.1) step by step, strictly: sizes are plain hexadecimal, every line ends with CR LF,
/// extensions hold no controls and are 16 KiB in all at most. Trailers obey the rules of header fields and are handed out apart from
/// the headers; forwarding drops them unless it is told otherwise. A struct of a few words; one per body.
/// </summary>
public struct ChunkedDecoder
{
    /// <summary>The most bytes of chunk extensions in one body.</summary>
    public const int MaxExtensionBytes = 16 * 1024;

    private const int MaxSizeDigits = 16;
    private State _state;
    private byte _digits;
    private int _extensionBytes;
    private int _trailersScanned;
    private long _remaining;

    /// <summary>True when the body has ended.</summary>
    public readonly bool IsComplete => _state == State.Complete;

    /// <summary>
    /// Uses the next part of <paramref name="input"/>. Call again with what follows <see cref="ChunkedStep.Consumed"/> until the status is
    /// not <see cref="ChunkedStatus.Data"/>. Only the trailer section is not consumed in parts.
    /// </summary>
    public ChunkedStep Next(ReadOnlySpan<byte> input, Span<HeaderField> trailers, in Http1Limits limits)
    {
        ChunkedStep step = default;
        while (step.Consumed < input.Length)
        {
            if (_state == State.Data)
            {
                int length = (int)Math.Min(_remaining, input.Length - step.Consumed);
                step.Status = ChunkedStatus.Data;
                step.DataOffset = step.Consumed;
                step.DataLength = length;
                step.Consumed += length;
                _remaining -= length;
                if (_remaining == 0)
                    _state = State.DataCr;
                return step;
            }

            if (_state == State.Trailers)
            {
                Trailers(input[step.Consumed..], trailers, limits, ref step);
                return step;
            }

            if (_state == State.Complete)
                break;
            step.Error = Byte(input[step.Consumed]);
            if (step.Error != WireError.None)
            {
                step.Status = ChunkedStatus.Error;
                return step;
            }

            step.Consumed++;
        }

        step.Status = _state == State.Complete ? ChunkedStatus.Complete : ChunkedStatus.NeedMore;
        return step;
    }

    private WireError Byte(byte value)
    {
        switch (_state)
        {
            // size: 1*HEXDIG, then CR or an extension
            case State.Size:
                int digit = HexValue(value);
                if (digit >= 0)
                    return SizeDigit(digit);
                if (_digits == 0)
                    return WireError.BadChunkSize;
                if (value == '\r')
                    _state = State.SizeLf;
                else if (value is (byte)';' or (byte)' ' or (byte)'\t')
                    return Extension(value);
                else
                    return value == '\n' ? WireError.BadChunkEnd : WireError.BadChunkSize;
                return WireError.None;

            // white space behind a size is only allowed before the semicolon of an extension
            case State.ExtensionStart:
            case State.Extension:
                if (value == '\r' && _state == State.Extension)
                {
                    _state = State.SizeLf;
                    return WireError.None;
                }

                return Extension(value);

            // LF behind a size: data, or the trailer section behind the last chunk
            case State.SizeLf:
                if (value != '\n')
                    return WireError.BadChunkEnd;
                _state = _remaining == 0 ? State.Trailers : State.Data;
                _digits = 0;
                return WireError.None;

            // CR LF behind the data
            case State.DataCr:
                _state = State.DataLf;
                return value == '\r' ? WireError.None : WireError.BadChunkEnd;
            case State.DataLf:
                _state = State.Size;
                return value == '\n' ? WireError.None : WireError.BadChunkEnd;
            default:
                return WireError.BadChunkEnd;
        }
    }

    private WireError SizeDigit(int digit)
    {
        if (++_digits > MaxSizeDigits || _remaining > long.MaxValue >> 4)
            return WireError.BadChunkSize;
        _remaining = (_remaining << 4) | (uint)digit;
        return WireError.None;
    }

    private WireError Extension(byte value)
    {
        if (value is < 0x20 and not (byte)'\t' or 0x7F || ++_extensionBytes > MaxExtensionBytes)
            return WireError.BadChunkExtension;
        if (_state != State.Extension)
        {
            if (value is not ((byte)';' or (byte)' ' or (byte)'\t'))
                return WireError.BadChunkSize;
            _state = value == ';' ? State.Extension : State.ExtensionStart;
        }

        return WireError.None;
    }

    private void Trailers(ReadOnlySpan<byte> section, Span<HeaderField> trailers, in Http1Limits limits, ref ChunkedStep step)
    {
        step.Status = ChunkedStatus.NeedMore;
        if (section is [(byte)'\r'])
            return;
        if (section.StartsWith("\r\n"u8))
        {
            step.Consumed += 2;
            step.Status = ChunkedStatus.Complete;
            _state = State.Complete;
            return;
        }

        int max = Math.Min(limits.MaxHeadBytes, Http1Limits.HeadBytesCeiling);
        int length = HeadEnd.Find(section, max, ref _trailersScanned, out WireError error);
        if (length < 0)
        {
            Fail(ref step, error == WireError.HeadTooLarge ? WireError.TrailersTooLarge : error == WireError.None ? WireError.None : WireError.BadTrailer);
            return;
        }

        MessageFacts ignored = default;
        error = FieldBlock.Parse(section[..length], 0, length - 2, trailers, limits, SectionKind.Trailers, ref ignored, out int count);
        if (error != WireError.None)
        {
            Fail(ref step, error == WireError.TooManyHeaders ? WireError.TrailersTooLarge : WireError.BadTrailer);
            return;
        }

        step.TrailerCount = count;
        step.TrailersOffset = step.Consumed;
        step.Consumed += length;
        step.Status = ChunkedStatus.Complete;
        _state = State.Complete;
    }

    private static void Fail(ref ChunkedStep step, WireError error)
    {
        step.Error = error;
        if (error != WireError.None)
            step.Status = ChunkedStatus.Error;
    }

    private static int HexValue(byte value) => value switch
    {
        >= (byte)'0' and <= (byte)'9' => value - '0',
        >= (byte)'a' and <= (byte)'f' => value - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => value - 'A' + 10,
        _ => -1,
    };

    private enum State : byte
    {
        Size,
        ExtensionStart,
        Extension,
        SizeLf,
        Data,
        DataCr,
        DataLf,
        Trailers,
        Complete,
    }
}
