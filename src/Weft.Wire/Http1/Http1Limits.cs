namespace Weft.Wire.Http1;

/// <summary>Bounds and choices of the HTTP/1.1 codec. The defaults are Envoy's: 60 KiB of head, 100 fields.</summary>
public readonly record struct Http1Limits
{
    /// <summary>The most that <see cref="MaxHeadBytes"/> may be: ranges are 16 bits.</summary>
    public const int HeadBytesCeiling = 65535;

    /// <summary>The defaults with a given stance on underscores.</summary>
    public Http1Limits(UnderscorePolicy underscores)
    {
        MaxHeadBytes = 60 * 1024;
        MaxFields = 100;
        Underscores = underscores;
    }

    /// <summary>Limits between workloads of the mesh: underscores pass as ordinary bytes.</summary>
    public static Http1Limits Mesh { get; } = new(UnderscorePolicy.Allow);

    /// <summary>Limits at the edge: underscores in header names are refused.</summary>
    public static Http1Limits Edge { get; } = new(UnderscorePolicy.Reject);

    /// <summary>Bytes in a head, the first line and the empty line included; also the bound of a trailer section.</summary>
    public int MaxHeadBytes { get; init; }

    /// <summary>Header fields in a head; also the bound of a trailer section. The caller's field storage bounds it too.</summary>
    public int MaxFields { get; init; }

    /// <summary>Whether HTTP/1.0 requests are taken (Envoy's accept_http_10); else they are answered with 426.</summary>
    public bool AcceptHttp10 { get; init; }

    /// <summary>See <see cref="UnderscorePolicy"/>.</summary>
    public UnderscorePolicy Underscores { get; init; }
}
