using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Weft.Cli.Output;

/// <summary>Values for programs: JSON or YAML of one tree.</summary>
public static class Structured
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a tree to stdout as JSON or YAML.</summary>
    public static void Write(Terminal terminal, OutputFormat format, JsonNode? tree)
    {
        if (format == OutputFormat.Json)
            terminal.Out.WriteLine(tree?.ToJsonString(Json) ?? "null");
        else
            WriteYaml(terminal.Out, tree);
    }

    /// <summary>One YAML document.</summary>
    public static void WriteYaml(TextWriter output, JsonNode? tree)
    {
        Emitter emitter = new(output, new EmitterSettings(2, int.MaxValue, false, 1024, skipAnchorName: true));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Emit(emitter, tree);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
    }

    private static void Emit(Emitter emitter, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, true, map.Count == 0 ? MappingStyle.Flow : MappingStyle.Block));
                foreach ((string key, JsonNode? value) in map)
                {
                    EmitText(emitter, key);
                    Emit(emitter, value);
                }

                emitter.Emit(new MappingEnd());
                break;
            case JsonArray list:
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, true, list.Count == 0 ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (JsonNode? item in list)
                    Emit(emitter, item);
                emitter.Emit(new SequenceEnd());
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                EmitText(emitter, value.GetValue<string>());
                break;
            default:
                emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, node?.ToJsonString() ?? "null", ScalarStyle.Plain, true, false));
                break;
        }
    }

    // Text that a reader would take for a number, a boolean, null or syntax is quoted.
    private static void EmitText(Emitter emitter, string text)
    {
        bool plain = text.Length > 0 && (char.IsAsciiLetter(text[0]) || text[0] is '/' or '_')
            && text.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.' or '/' or '~' or '|' or '$' or '@' or '+')
            && text.ToLowerInvariant() is not ("true" or "false" or "null" or "yes" or "no" or "on" or "off" or "y" or "n");
        ScalarStyle style = plain ? ScalarStyle.Plain : text.Contains('\n', StringComparison.Ordinal) ? ScalarStyle.Literal : ScalarStyle.DoubleQuoted;
        emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, text, style, style == ScalarStyle.Plain, style != ScalarStyle.Plain));
    }
}
