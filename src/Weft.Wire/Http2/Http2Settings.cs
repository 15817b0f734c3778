namespace Weft.Wire.Http2;

/// <summary>
/// The settings of one side of a connection (RFC 9113 section 6.5.2): ours as announced, or the peer's as received. The default value of
/// a new instance is the protocol's.
/// </summary>
public readonly record struct Http2Settings
{
    /// <summary>Header table bytes before any SETTINGS.</summary>
    public const int DefaultHeaderTableSize = 4096;

    /// <summary>Flow-control window of a new stream, and of the connection, before any SETTINGS.</summary>
    public const int DefaultInitialWindowSize = 65_535;

    /// <summary>The smallest and the initial SETTINGS_MAX_FRAME_SIZE.</summary>
    public const int MinMaxFrameSize = 16_384;

    /// <summary>The largest SETTINGS_MAX_FRAME_SIZE.</summary>
    public const int MaxMaxFrameSize = (1 << 24) - 1;

    /// <summary>The protocol's initial values.</summary>
    public Http2Settings()
    {
    }

    /// <summary>SETTINGS_HEADER_TABLE_SIZE: bytes of dynamic table that the sender's decoder has.</summary>
    public uint HeaderTableSize { get; init; } = DefaultHeaderTableSize;

    /// <summary>SETTINGS_ENABLE_PUSH. Weft neither pushes nor takes pushes.</summary>
    public bool EnablePush { get; init; } = true;

    /// <summary>SETTINGS_MAX_CONCURRENT_STREAMS: streams that the receiver may have open; unlimited unless said.</summary>
    public uint MaxConcurrentStreams { get; init; } = uint.MaxValue;

    /// <summary>SETTINGS_INITIAL_WINDOW_SIZE: bytes that may be sent on a new stream.</summary>
    public int InitialWindowSize { get; init; } = DefaultInitialWindowSize;

    /// <summary>SETTINGS_MAX_FRAME_SIZE: the longest payload that the sender takes.</summary>
    public int MaxFrameSize { get; init; } = MinMaxFrameSize;

    /// <summary>SETTINGS_MAX_HEADER_LIST_SIZE: the largest header list that the sender takes; advice, unlimited unless said.</summary>
    public uint MaxHeaderListSize { get; init; } = uint.MaxValue;

    /// <summary>SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441): a server that sends it takes extended CONNECT.</summary>
    public bool EnableConnectProtocol { get; init; }
}
