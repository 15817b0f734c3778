namespace Weft.Resources.Yaml;

/// <summary>Bounds on what is read, each with its own diagnostic. A mesh's largest sensible file is far below all of them.</summary>
public static class ReadLimits
{
    /// <summary>A larger file is refused before it is read.</summary>
    public const int FileBytes = 10 * 1024 * 1024;

    /// <summary>Deepest nesting of one document, aliases followed.</summary>
    public const int Depth = 100;

    /// <summary>Most nodes of one file, and most nodes that a walk over one document may meet with aliases followed.</summary>
    public const int Nodes = 1_000_000;

    /// <summary>Most findings written down for one file; one more says that there are others.</summary>
    public const int Findings = 1_000;
}
