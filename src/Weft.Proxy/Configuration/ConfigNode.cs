namespace Weft.Proxy.Configuration;

/// <summary>A value of a YAML or JSON file with the place where it stands. Exactly one of the three kinds is set.</summary>
internal sealed class ConfigNode
{
    public required SourcePlace Place { get; init; }

    /// <summary>A mapping's members in order; null for other kinds.</summary>
    public List<(string Key, ConfigNode Value)>? Members { get; init; }

    /// <summary>A list's items; null for other kinds.</summary>
    public List<ConfigNode>? Items { get; init; }

    /// <summary>A scalar as JSON text: a quoted string, a number, true, false or null; null for other kinds.</summary>
    public string? Scalar { get; init; }

    public bool IsNull => Scalar == "null";

    /// <summary>The kind in words, for messages.</summary>
    public string Kind => Members is not null ? "a mapping" : Items is not null ? "a list" : "a value";
}
