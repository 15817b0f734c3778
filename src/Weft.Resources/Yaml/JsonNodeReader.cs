using System.Text;
using System.Text.Json;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Yaml;

/// <summary>
/// Reads JSON text into the same node trees as YAML. JSON is nearly a subset of YAML, but not quite (escapes, long keys,
/// several values one after the other), so text that begins like JSON is tried here first.
/// </summary>
internal ref struct JsonNodeReader
{
    private readonly ReadOnlySpan<byte> bytes;
    private readonly SourcePosition origin;
    private readonly List<DuplicateKey> duplicates;
    private Utf8JsonReader reader;
    private int scanned;
    private int line;
    private int column;
    private int nodes;

    private JsonNodeReader(ReadOnlySpan<byte> bytes, SourcePosition origin)
    {
        this.bytes = bytes;
        this.origin = origin;
        duplicates = [];
        line = origin.Line;
        column = origin.Column;
        reader = new Utf8JsonReader(bytes, new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = ReadLimits.Depth, CommentHandling = JsonCommentHandling.Skip });
    }

    public static bool LooksLikeJson(string text)
    {
        ReadOnlySpan<char> start = text.AsSpan().TrimStart();
        return start is ['{', ..] or ['[', ..] || (start.StartsWith("---", StringComparison.Ordinal) && start[3..].TrimStart() is ['{', ..] or ['[', ..]);
    }

    /// <summary>Adds the values to <paramref name="documents"/>; false when it is no JSON, which is reported when there is a sink.</summary>
    public static bool TryRead(string text, SourcePosition origin, DiagnosticSink? sink, List<YamlDocument> documents)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (bytes is [(byte)'-', (byte)'-', (byte)'-', ..])
            bytes.AsSpan(0, 3).Fill((byte)' ');
        JsonNodeReader json = new(bytes, origin);
        List<YamlDocument> values = [];
        try
        {
            while (json.reader.Read())
            {
                json.duplicates.Clear();
                YamlNode value = json.Node();
                values.Add(new YamlDocument(value, [.. json.duplicates]));
            }
        }
        catch (JsonException problem)
        {
            SourcePosition at = new(origin.Line + (int)(problem.LineNumber ?? 0), (int)(problem.BytePositionInLine ?? 0) + 1);
            string reason = problem.Message.Split(". LineNumber", 2)[0].Split(" LineNumber", 2)[0].TrimEnd('.');
            sink?.Report(ReadingDiagnostics.Malformed, at, $"The document is not well-formed JSON: {reason}.", "Check commas, quotes and brackets just before this place.");
            return false;
        }
        documents.AddRange(values);
        return true;
    }

    private YamlNode Node()
    {
        if (++nodes > ReadLimits.Nodes)
            throw new JsonException($"More than {ReadLimits.Nodes:N0} values.", null, line - origin.Line, column);
        SourcePosition at = Position();
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return Mapping(at);
            case JsonTokenType.StartArray:
                List<YamlNode> items = [];
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    items.Add(Node());
                return YamlNode.Sequence(at, [.. items]);
            case JsonTokenType.String:
                return YamlNode.Scalar(at, reader.GetString()!, isPlain: false);
            default:
                return YamlNode.Scalar(at, Encoding.UTF8.GetString(reader.ValueSpan), isPlain: true);
        }
    }

    private YamlNode Mapping(SourcePosition at)
    {
        List<YamlEntry> entries = [];
        Dictionary<string, SourcePosition> keys = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            YamlNode key = YamlNode.Scalar(Position(), reader.GetString()!, isPlain: false);
            reader.Read();
            YamlNode value = Node();
            if (keys.TryAdd(key.Text, key.Position))
                entries.Add(new YamlEntry(key, value));
            else
                duplicates.Add(new DuplicateKey(key.Position, key.Text, keys[key.Text].Line));
        }
        return YamlNode.Mapping(at, [.. entries]);
    }

    /// <summary>The place of the current token. Counts forward from the previous one, so that a file is walked once.</summary>
    private SourcePosition Position()
    {
        int target = (int)reader.TokenStartIndex;
        ReadOnlySpan<byte> passed = bytes[scanned..target];
        int lineBreak = passed.LastIndexOf((byte)'\n');
        if (lineBreak >= 0)
        {
            line += passed.Count((byte)'\n');
            column = 1;
        }
        column += Encoding.UTF8.GetCharCount(passed[(lineBreak + 1)..]);
        scanned = target;
        return new SourcePosition(line, column);
    }
}
