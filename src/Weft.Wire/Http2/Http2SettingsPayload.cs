using System.Buffers.Binary;

namespace Weft.Wire.Http2;

/// <summary>The payload of SETTINGS: pairs of a 16-bit name and a 32-bit value (RFC 9113 section 6.5). Pure; any thread.</summary>
public static class Http2SettingsPayload
{
    /// <summary>The most bytes that <see cref="Write"/> takes.</summary>
    public const int MaxBytes = 7 * EntryBytes;

    private const int EntryBytes = 6;

    /// <summary>
    /// Applies a received payload to the peer's settings so far. Names that are not known are ignored; of repeated ones the last counts.
    /// </summary>
    /// <param name="payload">The payload; its length is a multiple of six, as <see cref="Http2FrameReader"/> has checked.</param>
    /// <param name="fromServer">True on the client's side: a server may not enable push.</param>
    /// <param name="settings">The peer's settings; unchanged after an error. Compare the initial window before and after, and shift the streams' windows by the difference.</param>
    public static Http2Error Apply(ReadOnlySpan<byte> payload, bool fromServer, ref Http2Settings settings)
    {
        Http2Settings next = settings;
        for (; payload.Length >= EntryBytes; payload = payload[EntryBytes..])
        {
            ushort name = BinaryPrimitives.ReadUInt16BigEndian(payload);
            uint value = BinaryPrimitives.ReadUInt32BigEndian(payload[2..]);
            switch (name)
            {
                case Name.HeaderTableSize:
                    next = next with { HeaderTableSize = value };
                    break;
                case Name.EnablePush:
                    if (value > (fromServer ? 0u : 1u))
                        return Bad(Http2ErrorCode.ProtocolError);
                    next = next with { EnablePush = value == 1 };
                    break;
                case Name.MaxConcurrentStreams:
                    next = next with { MaxConcurrentStreams = value };
                    break;
                case Name.InitialWindowSize:
                    if (value > int.MaxValue)
                        return Bad(Http2ErrorCode.FlowControlError);
                    next = next with { InitialWindowSize = (int)value };
                    break;
                case Name.MaxFrameSize:
                    if (value is < Http2Settings.MinMaxFrameSize or > Http2Settings.MaxMaxFrameSize)
                        return Bad(Http2ErrorCode.ProtocolError);
                    next = next with { MaxFrameSize = (int)value };
                    break;
                case Name.MaxHeaderListSize:
                    next = next with { MaxHeaderListSize = value };
                    break;
                case Name.EnableConnectProtocol:
                    // Once said it may not be taken back (RFC 8441 section 3).
                    if (value > 1 || (value == 0 && settings.EnableConnectProtocol))
                        return Bad(Http2ErrorCode.ProtocolError);
                    next = next with { EnableConnectProtocol = value == 1 };
                    break;
                case Name.NoRfc7540Priorities:
                    if (value > 1)
                        return Bad(Http2ErrorCode.ProtocolError);
                    break;
                default:
                    break;
            }
        }

        settings = next;
        return Http2Error.None;
    }

    /// <summary>Writes every value that differs from the protocol's initial one; returns the bytes written, at most <see cref="MaxBytes"/>.</summary>
    public static int Write(Span<byte> destination, in Http2Settings settings)
    {
        Http2Settings initial = new();
        int written = 0;
        if (settings.HeaderTableSize != initial.HeaderTableSize)
            Entry(destination, ref written, Name.HeaderTableSize, settings.HeaderTableSize);
        if (settings.EnablePush != initial.EnablePush)
            Entry(destination, ref written, Name.EnablePush, settings.EnablePush ? 1u : 0u);
        if (settings.MaxConcurrentStreams != initial.MaxConcurrentStreams)
            Entry(destination, ref written, Name.MaxConcurrentStreams, settings.MaxConcurrentStreams);
        if (settings.InitialWindowSize != initial.InitialWindowSize)
            Entry(destination, ref written, Name.InitialWindowSize, (uint)settings.InitialWindowSize);
        if (settings.MaxFrameSize != initial.MaxFrameSize)
            Entry(destination, ref written, Name.MaxFrameSize, (uint)settings.MaxFrameSize);
        if (settings.MaxHeaderListSize != initial.MaxHeaderListSize)
            Entry(destination, ref written, Name.MaxHeaderListSize, settings.MaxHeaderListSize);
        if (settings.EnableConnectProtocol)
            Entry(destination, ref written, Name.EnableConnectProtocol, 1);
        return written;
    }

    private static void Entry(Span<byte> destination, ref int written, ushort name, uint value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination[written..], name);
        BinaryPrimitives.WriteUInt32BigEndian(destination[(written + 2)..], value);
        written += EntryBytes;
    }

    private static Http2Error Bad(Http2ErrorCode code) => Http2Error.Connection(code, Http2Reason.BadSetting);

    private static class Name
    {
        public const ushort HeaderTableSize = 1;
        public const ushort EnablePush = 2;
        public const ushort MaxConcurrentStreams = 3;
        public const ushort InitialWindowSize = 4;
        public const ushort MaxFrameSize = 5;
        public const ushort MaxHeaderListSize = 6;
        public const ushort EnableConnectProtocol = 8;
        public const ushort NoRfc7540Priorities = 9;
    }
}
