namespace Weft.Policy.Resilience;

/// <summary>What outlier detection saw in one report, and what came of it. <see cref="Ejected"/> and <see cref="Overflow"/> belong to the reason that stands with them.</summary>
[Flags]
public enum OutlierEvents : byte
{
    None = 0,

    /// <summary>Enough answers of 500 and above in a row.</summary>
    ServerError = 1,

    /// <summary>Enough answers of 502, 503 and 504 in a row.</summary>
    GatewayFailure = 2,

    /// <summary>Enough failures without an answer in a row, where they are counted apart.</summary>
    LocalOriginFailure = 4,

    /// <summary>The endpoint was ejected.</summary>
    Ejected = 8,

    /// <summary>The endpoint would have been ejected, but too many are.</summary>
    Overflow = 16,
}
