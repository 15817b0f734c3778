namespace Weft.Wire.Http1;

/// <summary>What one step of the <see cref="ChunkedDecoder"/> found.</summary>
public enum ChunkedStatus : byte
{
    /// <summary>All that could be used was; read more. Bytes that were not consumed must be given again, in front of the new ones.</summary>
    NeedMore,

    /// <summary>A run of body bytes; step again for what follows.</summary>
    Data,

    /// <summary>The body and its trailer section are complete.</summary>
    Complete,

    /// <summary>The peer broke the protocol.</summary>
    Error,
}
