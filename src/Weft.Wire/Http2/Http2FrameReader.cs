using System.Buffers.Binary;

namespace Weft.Wire.Http2;

/// <summary>
/// Reads frames from the bytes of one direction of a connection (RFC 9113 section 4), behind the preface. DATA comes in parts as it arrives and
/// frames of unknown types are skipped as they arrive, so that only other frames need to be buffered until whole: at most
/// <see cref="Http2FrameLimits.MaxFrameBytes"/> and nine bytes. A mutable struct without memory of its own: keep it in a field, never copy it.
/// </summary>
public struct Http2FrameReader(Http2FrameLimits limits)
{
    private readonly Http2FrameLimits _limits = limits;
    private bool _hasSettings;
    private Http2FrameFlags _dataFlags;
    private int _dataStream;
    private int _dataLength;
    private int _dataLeft;
    private int _skipLeft;
    private int _blockStream;
    private int _blockBytes;
    private int _blockContinuations;

    /// <summary>True once the peer's first SETTINGS came.</summary>
    public readonly bool HasSettings => _hasSettings;

    /// <summary>The stream whose header block is unfinished, or 0.</summary>
    public readonly int UnfinishedHeadersStream => _blockStream;

    /// <summary>
    /// Reads the next frame from the start of <paramref name="input"/>.
    /// </summary>
    /// <param name="input">Bytes received and not consumed yet.</param>
    /// <param name="frame">The frame, over <paramref name="input"/>. With a stream error: its type and stream.</param>
    /// <param name="consumed">Bytes done with, also without a frame: the caller drops them once it has handled the frame.</param>
    /// <param name="error">The error, with <see cref="Http2ReadStatus.Error"/>.</param>
    public Http2ReadStatus Read(ReadOnlySpan<byte> input, out Http2Frame frame, out int consumed, out Http2Error error)
    {
        frame = default;
        error = default;
        consumed = 0;
        if (_dataLeft > 0)
            return ReadData(input, false, out frame, out consumed);
        if (_skipLeft > 0)
        {
            consumed = Math.Min(_skipLeft, input.Length);
            _skipLeft -= consumed;
        }

        ReadOnlySpan<byte> rest = input[consumed..];
        if (_skipLeft > 0 || rest.Length < Http2Frame.HeaderBytes)
            return Http2ReadStatus.NeedMore;

        uint start = BinaryPrimitives.ReadUInt32BigEndian(rest);
        int length = (int)(start >> 8);
        Http2FrameType type = (Http2FrameType)(byte)start;
        Http2FrameFlags flags = (Http2FrameFlags)rest[4];
        int streamId = Http2Frame.StreamIdAt(rest[5..]);
        error = CheckHeader(type, flags, streamId, length);
        if (error.IsConnectionError)
            return Http2ReadStatus.Error;
        if (type == Http2FrameType.Data)
            return BeginData(rest, flags, streamId, length, out frame, ref consumed, out error);
        if (type > Http2FrameType.Continuation)
        {
            // Handed over for counting at once; its payload is skipped whenever it comes.
            frame = new Http2Frame(type, flags, streamId, length, default);
            consumed += Http2Frame.HeaderBytes;
            _skipLeft = length;
            return Http2ReadStatus.Frame;
        }

        if (rest.Length < Http2Frame.HeaderBytes + length)
            return Http2ReadStatus.NeedMore;
        ReadOnlySpan<byte> payload = rest.Slice(Http2Frame.HeaderBytes, length);
        if (error.IsNone)
            error = ReadWhole(type, flags, streamId, payload, out frame);
        if (error.IsConnectionError)
            return Http2ReadStatus.Error;
        consumed += Http2Frame.HeaderBytes + length;
        _hasSettings = true;
        if (error.IsNone)
            return Http2ReadStatus.Frame;
        frame = new Http2Frame(type, flags, streamId, length, default);
        return Http2ReadStatus.Error;
    }

    /// <summary>What the nine bytes alone tell (RFC 9113 sections 4.1, 4.2 and 6).</summary>
    private readonly Http2Error CheckHeader(Http2FrameType type, Http2FrameFlags flags, int streamId, int length)
    {
        if (!_hasSettings && (type != Http2FrameType.Settings || (flags & Http2FrameFlags.EndStreamOrAck) != 0))
            return Protocol(Http2Reason.SettingsExpected);
        if (length > _limits.MaxFrameBytes)
            return Size(Http2Reason.FrameTooLarge);
        if (_blockStream != 0 && (type != Http2FrameType.Continuation || streamId != _blockStream))
            return Protocol(Http2Reason.ContinuationExpected);
        switch (type)
        {
            case Http2FrameType.Data:
            case Http2FrameType.Headers:
                return CheckStream(streamId);
            case Http2FrameType.Priority:
                // On any stream, even one that will never be; a wrong length concerns that stream only.
                if (streamId == 0)
                    return Protocol(Http2Reason.BadStreamId);
                return length == 5 ? Http2Error.None : Http2Error.Stream(Http2ErrorCode.FrameSizeError, Http2Reason.BadFrameLength);
            case Http2FrameType.ResetStream:
                return length == 4 ? CheckStream(streamId) : Size(Http2Reason.BadFrameLength);
            case Http2FrameType.Settings:
                if (streamId != 0)
                    return Protocol(Http2Reason.BadStreamId);
                bool isAck = (flags & Http2FrameFlags.EndStreamOrAck) != 0;
                return length % 6 == 0 && (!isAck || length == 0) ? Http2Error.None : Size(Http2Reason.BadFrameLength);
            case Http2FrameType.PushPromise:
                return Protocol(Http2Reason.UnexpectedPush);
            case Http2FrameType.Ping:
                if (streamId != 0)
                    return Protocol(Http2Reason.BadStreamId);
                return length == 8 ? Http2Error.None : Size(Http2Reason.BadFrameLength);
            case Http2FrameType.GoAway:
                if (streamId != 0)
                    return Protocol(Http2Reason.BadStreamId);
                return length >= 8 ? Http2Error.None : Size(Http2Reason.BadFrameLength);
            case Http2FrameType.WindowUpdate:
                if (length != 4)
                    return Size(Http2Reason.BadFrameLength);
                return streamId == 0 ? Http2Error.None : CheckStream(streamId);
            case Http2FrameType.Continuation:
                return _blockStream != 0 ? CheckContinuation(length) : Protocol(Http2Reason.UnexpectedContinuation);
            default:
                return Http2Error.None;
        }
    }

    /// <summary>Streams have odd numbers in both directions: only a server could open even ones, with the pushes that are never allowed.</summary>
    private static Http2Error CheckStream(int streamId) => (streamId & 1) != 0 ? Http2Error.None : Protocol(Http2Reason.BadStreamId);

    private readonly Http2Error CheckContinuation(int length) =>
        _blockContinuations < _limits.MaxContinuations && length <= _limits.MaxHeaderBlockBytes - _blockBytes
            ? Http2Error.None : Http2Error.Connection(Http2ErrorCode.EnhanceYourCalm, Http2Reason.HeaderBlockTooLarge);

    private Http2ReadStatus BeginData(
        ReadOnlySpan<byte> input, Http2FrameFlags flags, int streamId, int length, out Http2Frame frame, scoped ref int consumed, out Http2Error error)
    {
        frame = default;
        error = default;
        int start = Http2Frame.HeaderBytes;
        int padding = 0;
        if ((flags & Http2FrameFlags.Padded) != 0)
        {
            error = length == 0 ? Size(Http2Reason.BadFrameLength) : default;
            if (error.IsNone && input.Length == start)
                return Http2ReadStatus.NeedMore;
            if (error.IsNone && input[start] >= length)
                error = Protocol(Http2Reason.BadPadding);
            if (!error.IsNone)
                return Http2ReadStatus.Error;
            padding = input[start++];
        }

        _dataFlags = flags;
        _dataStream = streamId;
        _dataLength = length;
        _dataLeft = length - padding - (start - Http2Frame.HeaderBytes);
        _skipLeft = padding;
        Http2ReadStatus status = ReadData(input[start..], true, out frame, out int taken);
        consumed += start + taken;
        return status;
    }

    private Http2ReadStatus ReadData(ReadOnlySpan<byte> input, bool isFirst, out Http2Frame frame, out int consumed)
    {
        consumed = Math.Min(input.Length, _dataLeft);
        _dataLeft -= consumed;
        frame = new Http2Frame(Http2FrameType.Data, _dataFlags, _dataStream, _dataLength, input[..consumed]) { IsFirstPart = isFirst, IsLastPart = _dataLeft == 0 };
        return consumed > 0 || isFirst ? Http2ReadStatus.Frame : Http2ReadStatus.NeedMore;
    }

    private Http2Error ReadWhole(Http2FrameType type, Http2FrameFlags flags, int streamId, ReadOnlySpan<byte> payload, out Http2Frame frame)
    {
        frame = new Http2Frame(type, flags, streamId, payload.Length, payload);
        switch (type)
        {
            case Http2FrameType.Headers:
                return ReadHeaders(flags, streamId, payload, out frame);
            case Http2FrameType.Continuation:
                _blockContinuations++;
                NoteFragment(flags, streamId, payload.Length);
                return Http2Error.None;
            case Http2FrameType.Priority:
                return Http2Frame.StreamIdAt(payload) == streamId ? Http2Error.Stream(Http2ErrorCode.ProtocolError, Http2Reason.SelfDependency) : Http2Error.None;
            case Http2FrameType.ResetStream:
                frame = new Http2Frame(type, flags, streamId, payload.Length, default) { ErrorCode = (Http2ErrorCode)BinaryPrimitives.ReadInt32BigEndian(payload) };
                return Http2Error.None;
            case Http2FrameType.GoAway:
                frame = new Http2Frame(type, flags, streamId, payload.Length, payload[8..])
                {
                    LastStreamId = Http2Frame.StreamIdAt(payload),
                    ErrorCode = (Http2ErrorCode)BinaryPrimitives.ReadInt32BigEndian(payload[4..]),
                };
                return Http2Error.None;
            case Http2FrameType.WindowUpdate:
                int increment = Http2Frame.StreamIdAt(payload);
                frame = new Http2Frame(type, flags, streamId, payload.Length, default) { WindowIncrement = increment };
                if (increment > 0)
                    return Http2Error.None;
                return new Http2Error(
                    streamId == 0 ? Http2ErrorScope.Connection : Http2ErrorScope.Stream, Http2ErrorCode.ProtocolError, Http2Reason.ZeroWindowIncrement);
            default:
                return Http2Error.None;
        }
    }

    private Http2Error ReadHeaders(Http2FrameFlags flags, int streamId, ReadOnlySpan<byte> payload, out Http2Frame frame)
    {
        frame = default;
        int length = payload.Length;
        int padding = 0;
        if ((flags & Http2FrameFlags.Padded) != 0)
        {
            if (payload.IsEmpty)
                return Size(Http2Reason.BadFrameLength);
            padding = payload[0];
            payload = payload[1..];
        }

        bool dependsOnItself = false;
        if ((flags & Http2FrameFlags.Priority) != 0)
        {
            if (payload.Length < 5)
                return Size(Http2Reason.BadFrameLength);
            dependsOnItself = Http2Frame.StreamIdAt(payload) == streamId;
            payload = payload[5..];
        }

        if (padding > payload.Length)
            return Protocol(Http2Reason.BadPadding);
        payload = payload[..^padding];
        if (payload.Length > _limits.MaxHeaderBlockBytes)
            return Http2Error.Connection(Http2ErrorCode.EnhanceYourCalm, Http2Reason.HeaderBlockTooLarge);
        NoteFragment(flags, streamId, payload.Length);
        frame = new Http2Frame(Http2FrameType.Headers, flags, streamId, length, payload) { DependsOnItself = dependsOnItself };
        return Http2Error.None;
    }

    private void NoteFragment(Http2FrameFlags flags, int streamId, int bytes)
    {
        bool isLast = (flags & Http2FrameFlags.EndHeaders) != 0;
        _blockStream = isLast ? 0 : streamId;
        _blockBytes = isLast ? 0 : _blockBytes + bytes;
        if (isLast)
            _blockContinuations = 0;
    }

    private static Http2Error Protocol(Http2Reason reason) => Http2Error.Connection(Http2ErrorCode.ProtocolError, reason);

    private static Http2Error Size(Http2Reason reason) => Http2Error.Connection(Http2ErrorCode.FrameSizeError, reason);
}
