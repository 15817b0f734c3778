using Weft.Resources.Diagnostics;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Weft.Resources.Yaml;

/// <summary>
/// Builds node trees from YAML events. Recursion is bounded by <see cref="ReadLimits.Depth"/>; aliases share nodes, and
/// the size of a walk over them is bounded, so that a few lines of anchors cannot grow without limit.
/// </summary>
internal sealed class NodeComposer(SourcePosition origin, DiagnosticSink sink, long nodeBudget)
{
    private const string StandardTag = "tag:yaml.org,2002:";
    private readonly Dictionary<AnchorName, YamlNode?> anchors = [];
    private Parser parser = null!;
    private string source = "";
    private Mark last = Mark.Empty;
    private List<DuplicateKey> duplicates = [];
    private int depth;
    private bool stopped;

    /// <summary>Nodes built so far.</summary>
    public long Nodes { get; private set; }

    /// <summary>Reads every document of the text; stops at the first limit that is reached, after reporting it.</summary>
    public void ReadAll(string text, List<YamlDocument> documents)
    {
        source = text;
        parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
        parser.Consume<StreamStart>();
        while (!parser.TryConsume<StreamEnd>(out _))
        {
            anchors.Clear();
            duplicates = [];
            parser.Consume<DocumentStart>();
            int errorsBefore = sink.Errors;
            YamlNode? root = Node();
            if (stopped)
                return;
            parser.Consume<DocumentEnd>();
            // A duplicate key leaves a usable tree; a tree that was cut short is not handed on.
            if (root is not null && !(root.Kind == NodeKind.Scalar && root.IsNull && sink.Errors == errorsBefore))
                documents.Add(new YamlDocument(root, duplicates));
        }
    }

    /// <summary>True when the text's lines are not the file's: everything is then placed where the text begins.</summary>
    public bool IsPinned { get; init; }

    /// <summary>Where reading has got to.</summary>
    public SourcePosition LastPosition => PositionOf(last);

    public SourcePosition PositionOf(in Mark mark) => PositionOf((int)mark.Line, (int)mark.Column);

    /// <summary>The place in the file of a line and column (from 1) of the text.</summary>
    public SourcePosition PositionOf(int line, int column) =>
        IsPinned ? origin : new SourcePosition(origin.Line + line - 1, origin.Column + column - 1);

    private YamlNode? Node()
    {
        ParsingEvent current = parser.Current ?? throw new InvalidOperationException("The parser is at a node.");
        last = current.End;
        if (++Nodes > nodeBudget)
            return Stop(ReadingDiagnostics.TooManyNodes, current, $"The file holds more than {ReadLimits.Nodes:N0} values.", "Split it into several files.");
        if (depth >= ReadLimits.Depth)
            return StopDeep(current);

        depth++;
        YamlNode? node = parser.Current switch
        {
            AnchorAlias => ReadAlias(),
            Scalar => ReadScalar(),
            SequenceStart => ReadSequence(),
            _ => ReadMapping(),
        };
        depth--;
        if (node is null)
            return null;
        if (node.Weight > ReadLimits.Nodes)
        {
            return Stop(
                ReadingDiagnostics.AliasExpansion, current, $"With its aliases written out, the document holds more than {ReadLimits.Nodes:N0} values.",
                "Write the values out where they are needed, or use fewer aliases of aliases.");
        }
        return depth + node.Height > ReadLimits.Depth ? StopDeep(current) : node;
    }

    private YamlNode? ReadAlias()
    {
        AnchorAlias alias = parser.Consume<AnchorAlias>();
        if (!anchors.TryGetValue(alias.Value, out YamlNode? target))
            return Stop(ReadingDiagnostics.Malformed, alias, $"The alias *{alias.Value} has no anchor before it.", $"Mark the value that is meant with &{alias.Value}, above this line.");
        return target ?? Stop(
            ReadingDiagnostics.AliasExpansion, alias, $"The alias *{alias.Value} lies inside its own anchor and would never end.", "Write the value out here.");
    }

    private YamlNode? ReadScalar()
    {
        Scalar scalar = parser.Consume<Scalar>();
        bool plain = scalar.Style == ScalarStyle.Plain;
        if (!scalar.Tag.IsEmpty)
        {
            string tag = scalar.Tag.IsNonSpecific ? "!" : scalar.Tag.Value;
            switch (tag.StartsWith(StandardTag, StringComparison.Ordinal) ? tag[StandardTag.Length..] : tag)
            {
                case "str" or "binary" or "!":
                    plain = false;
                    break;
                case "int" or "float" or "bool" or "null" or "timestamp" or "?":
                    plain = true;
                    break;
                default:
                    return Stop(ReadingDiagnostics.Malformed, scalar, $"The tag {tag} is not known.", "Remove it: configuration uses YAML's own types only.");
            }
        }
        return Keep(scalar, YamlNode.Scalar(PositionOf(scalar.Start), scalar.Value, plain, BlockPosition(scalar)));
    }

    /// <summary>A literal block begins on the line after its <c>|</c>, indented as its first line with text is.</summary>
    private SourcePosition? BlockPosition(Scalar scalar)
    {
        int lineEnd = scalar.Style == ScalarStyle.Literal ? source.IndexOf('\n', Math.Min((int)scalar.Start.Index, source.Length)) : -1;
        if (lineEnd < 0)
            return null;
        int text = source.AsSpan(lineEnd + 1).IndexOfAnyExcept(" \r\n");
        if (text < 0)
            return null;
        int lineStart = source.LastIndexOf('\n', lineEnd + text) + 1;
        return PositionOf((int)scalar.Start.Line + 1, lineEnd + 1 + text - lineStart + 1);
    }

    private YamlNode? ReadSequence()
    {
        SequenceStart start = parser.Consume<SequenceStart>();
        Open(start);
        List<YamlNode> items = [];
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            if (Node() is not { } item)
                return null;
            items.Add(item);
        }
        return Keep(start, YamlNode.Sequence(PositionOf(start.Start), [.. items]));
    }

    private YamlNode? ReadMapping()
    {
        MappingStart start = parser.Consume<MappingStart>();
        Open(start);
        List<YamlEntry> entries = [];
        Dictionary<string, YamlNode> keys = [];
        List<YamlNode> merged = [];
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            ParsingEvent keyEvent = parser.Current!;
            if (Node() is not { } key || Node() is not { } value)
                return null;
            if (key.Kind != NodeKind.Scalar)
                return Stop(ReadingDiagnostics.Malformed, keyEvent, "A key must be a single word, not a list or a mapping.", "A name in braces, as in {{name}}, must be quoted: \"{{name}}\".");
            if (key is { Text: "<<", IsPlain: true })
                merged.Add(value);
            else if (keys.TryAdd(key.Text, key))
                entries.Add(new YamlEntry(key, value));
            else
                duplicates.Add(new DuplicateKey(key.Position, key.Text, keys[key.Text].Position.Line));
        }
        foreach (YamlNode source in merged)
            Merge(source, entries, keys);
        return Keep(start, YamlNode.Mapping(PositionOf(start.Start), [.. entries]));
    }

    private void Merge(YamlNode source, List<YamlEntry> entries, Dictionary<string, YamlNode> keys)
    {
        foreach (YamlNode mapping in source.Kind == NodeKind.Sequence ? source.Items : [source])
        {
            if (mapping.Kind != NodeKind.Mapping)
            {
                sink.Report(ReadingDiagnostics.Malformed, mapping.Position, "Only a mapping can be merged with <<.", "Write: <<: *anchor-of-a-mapping");
                continue;
            }
            foreach (YamlEntry entry in mapping.Entries)
            {
                if (keys.TryAdd(entry.Key.Text, entry.Key))
                    entries.Add(entry);
            }
        }
    }

    private void Open(NodeEvent start)
    {
        if (!start.Anchor.IsEmpty)
            anchors[start.Anchor] = null;
    }

    private YamlNode Keep(NodeEvent start, YamlNode node)
    {
        if (!start.Anchor.IsEmpty)
            anchors[start.Anchor] = node;
        return node;
    }

    private YamlNode? StopDeep(ParsingEvent at) => Stop(
        ReadingDiagnostics.TooDeep, at, $"The document is nested more than {ReadLimits.Depth} levels deep.", "No kind of configuration needs this; look for unclosed brackets.");

    private YamlNode? Stop(DiagnosticDefinition definition, ParsingEvent at, string message, string hint)
    {
        if (!stopped)
            sink.Report(definition, PositionOf(at.Start), message, hint);
        stopped = true;
        return null;
    }
}
