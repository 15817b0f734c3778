namespace Weft.Wire.Http2;

/// <summary>Bounds of the frame reader. What is beyond them ends the connection.</summary>
/// <param name="MaxFrameBytes">The SETTINGS_MAX_FRAME_SIZE that we announced: bytes in a payload.</param>
/// <param name="MaxHeaderBlockBytes">Encoded bytes in one header block over all of its frames; the memory that an unfinished block may take.</param>
/// <param name="MaxContinuations">CONTINUATION frames behind one HEADERS (CVE-2024-27316).</param>
public readonly record struct Http2FrameLimits(int MaxFrameBytes, int MaxHeaderBlockBytes, int MaxContinuations)
{
    /// <summary>16 KiB frames, 64 KiB of header block, 128 CONTINUATION frames.</summary>
    public static Http2FrameLimits Default { get; } = new(Http2Settings.MinMaxFrameSize, 64 * 1024, 128);
}
