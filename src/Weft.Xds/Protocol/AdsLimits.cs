namespace Weft.Xds.Protocol;

/// <summary>Bounds of one server-side stream. At a bound the stream is refused; other streams do not notice.</summary>
public sealed record AdsLimits
{
    /// <summary>The bounds that a control plane starts with.</summary>
    public static AdsLimits Default { get; } = new();

    /// <summary>Names that one stream may subscribe to for one type.</summary>
    public int MaxNames { get; init; } = 100_000;

    /// <summary>Characters of one name.</summary>
    public int MaxNameLength { get; init; } = 2_048;

    /// <summary>Resource types on one stream.</summary>
    public int MaxTypes { get; init; } = 64;

    /// <summary>Characters of a NACK's text that are kept.</summary>
    public int MaxErrorLength { get; init; } = 8_192;
}
