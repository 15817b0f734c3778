namespace Weft.Wire.Http2;

/// <summary>How decoding a Huffman-coded string ended.</summary>
internal enum HuffmanStatus : byte
{
    /// <summary>The whole string was decoded.</summary>
    Complete,

    /// <summary>The code of EOS, padding longer than seven bits, or padding that is not all ones (RFC 7541 section 5.2).</summary>
    Invalid,

    /// <summary>The destination is too small; how much of it was filled is not told.</summary>
    TooLong,
}
