namespace Weft.Wire.Http2;

/// <summary>How much an error ends (RFC 9113 section 5.4).</summary>
public enum Http2ErrorScope : byte
{
    /// <summary>Nothing: there is no error.</summary>
    None,

    /// <summary>Answer with RST_STREAM; the connection goes on.</summary>
    Stream,

    /// <summary>Answer with GOAWAY and close.</summary>
    Connection,
}
