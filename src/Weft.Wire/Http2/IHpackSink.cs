namespace Weft.Wire.Http2;

/// <summary>Takes the fields of a header block while it is decoded. Implement it on a struct, so that the calls are direct.</summary>
public interface IHpackSink
{
    /// <summary>
    /// Takes one field, in the block's order. There is no way to stop the decoder: whoever has seen enough ignores the rest, because the
    /// table must follow the whole block (RFC 9113 section 10.5.1).
    /// </summary>
    void OnField(scoped in HpackField field);
}
