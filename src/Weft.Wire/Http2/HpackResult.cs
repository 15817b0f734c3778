namespace Weft.Wire.Http2;

/// <summary>What came of decoding one header block.</summary>
/// <param name="Error">When set, the connection must end with COMPRESSION_ERROR.</param>
/// <param name="IsOverLimit">The list broke a limit: some fields were not handed over, the table is right, and only this message is refused (431).</param>
/// <param name="Fields">Fields in the list, those not handed over included.</param>
/// <param name="ListBytes">Size of the list as SETTINGS_MAX_HEADER_LIST_SIZE counts, those not handed over included; stops at <see cref="int.MaxValue"/>.</param>
public readonly record struct HpackResult(HpackError Error, bool IsOverLimit, int Fields, int ListBytes)
{
    /// <summary>True when the whole list was handed over.</summary>
    public bool IsComplete => Error == HpackError.None && !IsOverLimit;
}
