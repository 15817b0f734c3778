using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Weft.Proxy.Configuration;

/// <summary>
/// Reads one YAML document (or JSON, which is YAML) into nodes with places. Bounded: no anchors, at most
/// <see cref="MaxDepth"/> levels, no duplicate keys.
/// </summary>
internal sealed class YamlReader
{
    private const int MaxDepth = 64;

    private readonly Parser _parser;

    private YamlReader(TextReader text) => _parser = new Parser(text);

    /// <summary>Reads the document.</summary>
    /// <exception cref="YamlReadException">It cannot be read; the exception has the place.</exception>
    public static ConfigNode Read(string text)
    {
        try
        {
            var reader = new YamlReader(new StringReader(text));
            reader._parser.Consume<StreamStart>();
            if (reader._parser.Accept<StreamEnd>(out _))
            {
                throw new YamlReadException(new SourcePlace(1, 1), "the file is empty.");
            }

            reader._parser.Consume<DocumentStart>();
            var root = reader.ReadNode(0);
            reader._parser.Consume<DocumentEnd>();
            return reader._parser.Accept<DocumentStart>(out var second)
                ? throw new YamlReadException(PlaceOf(second), "the file has a second document; a bootstrap is one.")
                : root;
        }
        catch (YamlException e)
        {
            throw new YamlReadException(new SourcePlace((int)e.Start.Line, (int)e.Start.Column), $"this is not YAML: {e.Message}");
        }
    }

    private static SourcePlace PlaceOf(ParsingEvent parsed) => new((int)parsed.Start.Line, (int)parsed.Start.Column);

    private ConfigNode ReadNode(int depth)
    {
        if (_parser.Accept<AnchorAlias>(out var alias))
        {
            throw new YamlReadException(PlaceOf(alias), "aliases (`*name`) are not supported; write the value out.");
        }

        if (_parser.Accept<NodeEvent>(out var node) && !node.Anchor.IsEmpty)
        {
            throw new YamlReadException(PlaceOf(node), "anchors (`&name`) are not supported; write the value out where it is used.");
        }

        if (depth >= MaxDepth)
        {
            throw new YamlReadException(node is null ? default : PlaceOf(node), $"the file is nested deeper than {MaxDepth} levels.");
        }

        if (_parser.TryConsume<MappingStart>(out var mapping))
        {
            return ReadMapping(mapping, depth);
        }

        if (_parser.TryConsume<SequenceStart>(out var sequence))
        {
            var items = new List<ConfigNode>();
            while (!_parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(ReadNode(depth + 1));
            }

            return new ConfigNode { Place = PlaceOf(sequence), Items = items };
        }

        var scalar = _parser.Consume<Scalar>();
        return new ConfigNode { Place = PlaceOf(scalar), Scalar = ToJson(scalar) };
    }

    private ConfigNode ReadMapping(MappingStart start, int depth)
    {
        var members = new List<(string, ConfigNode)>();
        var keys = new HashSet<string>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            if (!_parser.TryConsume<Scalar>(out var key))
            {
                throw new YamlReadException(_parser.Current is { } current ? PlaceOf(current) : default, "a key must be text.");
            }

            if (!keys.Add(key.Value))
            {
                throw new YamlReadException(PlaceOf(key), $"the key `{key.Value}` is there twice.");
            }

            var value = ReadNode(depth + 1);

            // Errors about a field point at its name, not at what may be lines below it.
            members.Add((key.Value, new ConfigNode { Place = PlaceOf(key), Members = value.Members, Items = value.Items, Scalar = value.Scalar }));
        }

        return new ConfigNode { Place = PlaceOf(start), Members = members };
    }

    /// <summary>YAML 1.2's core schema: only plain scalars can be something other than text.</summary>
    private static string ToJson(Scalar scalar)
    {
        var text = scalar.Value;
        if (scalar.Style != ScalarStyle.Plain || (!scalar.Tag.IsEmpty && scalar.Tag == "tag:yaml.org,2002:str"))
        {
            return Quote(text);
        }

        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return "null";
            case "true" or "True" or "TRUE":
                return "true";
            case "false" or "False" or "FALSE":
                return "false";
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
        {
            return integer.ToString(CultureInfo.InvariantCulture);
        }

        return char.IsAsciiDigit(text[^1])
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number)
                ? number.ToString("R", CultureInfo.InvariantCulture)
                : Quote(text);
    }

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
