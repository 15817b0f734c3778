namespace Weft.Proxy.Configuration;

/// <summary>A file that is not YAML, or not the YAML that is read here. Caught by the loader, which adds the file's name.</summary>
internal sealed class YamlReadException(SourcePlace place, string message) : Exception(message)
{
    public SourcePlace Place { get; } = place;
}
