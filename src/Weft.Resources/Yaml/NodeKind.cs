namespace Weft.Resources.Yaml;

/// <summary>What a <see cref="YamlNode"/> is.</summary>
public enum NodeKind
{
    /// <summary>A single value.</summary>
    Scalar,

    /// <summary>A list.</summary>
    Sequence,

    /// <summary>Keys and values.</summary>
    Mapping,
}
