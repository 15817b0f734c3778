namespace Weft.Wire.Http2;

/// <summary>How the encoder writes a field that no table holds.</summary>
internal enum HpackChoice : byte
{
    /// <summary>Into the table at once.</summary>
    Index,

    /// <summary>Into the table the second time that it comes by within a short while.</summary>
    WhenSeenAgain,

    /// <summary>Never into our table.</summary>
    Without,

    /// <summary>Into nobody's table, on no hop.</summary>
    Never,
}
