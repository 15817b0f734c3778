namespace Weft.Wire.Http2;

/// <summary>Why a header block cannot be decoded. Each is a connection error COMPRESSION_ERROR: the table is lost (RFC 9113 section 4.3).</summary>
public enum HpackError : byte
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>The block ends inside a field.</summary>
    Truncated,

    /// <summary>An integer has more bytes behind its prefix than any legal value needs.</summary>
    IntegerTooLarge,

    /// <summary>Index 0, or one behind the end of both tables.</summary>
    BadIndex,

    /// <summary>A Huffman string with EOS, wrong padding or too much of it.</summary>
    BadHuffman,

    /// <summary>A table size update behind a field, or a third one before the first field.</summary>
    MisplacedSizeUpdate,

    /// <summary>A table size update above what our SETTINGS allow.</summary>
    SizeUpdateTooLarge,

    /// <summary>Our SETTINGS made the table smaller and the peer acknowledged that, but did not begin its block with an update.</summary>
    MissingSizeUpdate,
}
