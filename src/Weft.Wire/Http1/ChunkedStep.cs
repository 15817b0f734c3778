using Weft.Wire.Http;

namespace Weft.Wire.Http1;

/// <summary>One step of the <see cref="ChunkedDecoder"/>.</summary>
public struct ChunkedStep
{
    /// <summary>What was found.</summary>
    public ChunkedStatus Status;

    /// <summary>The error when <see cref="Status"/> says so.</summary>
    public WireError Error;

    /// <summary>Bytes of the input that this step used, data included.</summary>
    public int Consumed;

    /// <summary>Where in the input the data starts.</summary>
    public int DataOffset;

    /// <summary>Bytes of data; zero unless <see cref="ChunkedStatus.Data"/>.</summary>
    public int DataLength;

    /// <summary>Trailer fields in the caller's storage once complete.</summary>
    public int TrailerCount;

    /// <summary>Where in the input the trailer section starts; the offsets of trailer fields count from there.</summary>
    public int TrailersOffset;
}
