namespace Weft.Wire.Http1;

/// <summary>How far a parser came.</summary>
public enum ParseStatus : byte
{
    /// <summary>The bytes so far are a beginning: keep them, read more, and parse again with the same scan position.</summary>
    NeedMore,

    /// <summary>The whole head was parsed.</summary>
    Complete,

    /// <summary>The peer broke the protocol.</summary>
    Error,
}
