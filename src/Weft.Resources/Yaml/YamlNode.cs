namespace Weft.Resources.Yaml;

/// <summary>
/// A node of a YAML or JSON document with its place in the file. Immutable once read; an alias shares the node of its
/// anchor, so a tree may be larger when walked than in memory (the reader bounds that).
/// </summary>
public sealed class YamlNode
{
    private readonly YamlNode[] items = [];
    private readonly YamlEntry[] entries = [];

    private YamlNode(NodeKind kind, SourcePosition position)
    {
        Kind = kind;
        Position = position;
    }

    private YamlNode(SourcePosition position, YamlNode[] items)
        : this(NodeKind.Sequence, position)
    {
        this.items = items;
        Weight = 1 + items.Sum(i => i.Weight);
        Height = 1 + (items.Length == 0 ? 0 : items.Max(i => i.Height));
    }

    private YamlNode(SourcePosition position, YamlEntry[] entries)
        : this(NodeKind.Mapping, position)
    {
        this.entries = entries;
        Weight = 1 + entries.Sum(e => 1 + e.Value.Weight);
        Height = 1 + (entries.Length == 0 ? 0 : entries.Max(e => e.Value.Height));
    }

    public NodeKind Kind { get; }

    public SourcePosition Position { get; }

    /// <summary>The text of a scalar, without quotes; empty for other kinds.</summary>
    public string Text { get; private init; } = "";

    /// <summary>True for a scalar written without quotes, whose type follows from its text.</summary>
    public bool IsPlain { get; private init; }

    /// <summary>Where the text of a literal block scalar (<c>|</c>) begins; null for other nodes, whose text is not the file's line by line.</summary>
    public SourcePosition? BlockPosition { get; private init; }

    /// <summary>How many nodes a walk over this node meets, aliases followed.</summary>
    public long Weight { get; } = 1;

    /// <summary>How deep a walk over this node goes, aliases followed; a scalar has height 1.</summary>
    public int Height { get; } = 1;

    /// <summary>The items of a sequence; empty for other kinds.</summary>
    public IReadOnlyList<YamlNode> Items => items;

    /// <summary>The entries of a mapping in the order written; empty for other kinds.</summary>
    public IReadOnlyList<YamlEntry> Entries => entries;

    public bool IsNull => Kind == NodeKind.Scalar && ScalarType.Of(this) == ScalarKind.Null;

    public static YamlNode Scalar(SourcePosition position, string text, bool isPlain, SourcePosition? block = null) =>
        new(NodeKind.Scalar, position) { Text = text, IsPlain = isPlain, BlockPosition = block };

    public static YamlNode Sequence(SourcePosition position, YamlNode[] items) => new(position, items);

    public static YamlNode Mapping(SourcePosition position, YamlEntry[] entries) => new(position, entries);

    /// <summary>The value under a key, or null when the key is absent or this is no mapping.</summary>
    public YamlNode? Find(string key)
    {
        foreach (YamlEntry entry in entries)
        {
            if (entry.Key.Text == key)
                return entry.Value;
        }
        return null;
    }
}
