namespace Weft.Control.Configuration;

/// <summary>Codes of findings about files as a whole, which no single document raises.</summary>
public static class SourceDiagnostics
{
    /// <summary>A file or directory cannot be read.</summary>
    public const string Unreadable = "WFT0015";

    /// <summary>Two files give an object of one name.</summary>
    public const string Duplicate = "WFT0205";
}
