namespace Weft.Wire.Http2;

/// <summary>Bounds of one header list. The defaults are Envoy's: 60 KiB and 100 fields.</summary>
/// <param name="MaxListBytes">Names, values and 32 bytes for each field, as SETTINGS_MAX_HEADER_LIST_SIZE counts (RFC 9113 section 6.5.2).</param>
/// <param name="MaxFields">Fields, pseudo-header fields and every crumb of a cookie included.</param>
public readonly record struct HpackLimits(int MaxListBytes, int MaxFields)
{
    /// <summary>60 KiB, 100 fields.</summary>
    public static HpackLimits Default { get; } = new(60 * 1024, 100);
}
