namespace Weft.Resources.Yaml;

/// <summary>One key of a mapping with its value; the key's own position is where messages about the field point.</summary>
public readonly record struct YamlEntry(YamlNode Key, YamlNode Value);
