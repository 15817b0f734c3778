namespace Weft.Resources.Yaml;

/// <summary>One document that could be read, with what is wrong with it all the same.</summary>
internal sealed record YamlDocument(YamlNode Root, IReadOnlyList<DuplicateKey> Duplicates);
