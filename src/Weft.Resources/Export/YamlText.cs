using System.Text;
using System.Text.Encodings.Web;
using Weft.Resources.Yaml;

namespace Weft.Resources.Export;

/// <summary>Writes a tree as block-style YAML, indented by two, with lists in the column of their key, as kubectl does.</summary>
internal static class YamlText
{
    public static string Write(YamlNode node)
    {
        StringBuilder text = new();
        if (node.Kind == NodeKind.Scalar || IsEmpty(node))
            text.Append(Inline(node, 0)).Append('\n');
        else
            Block(text, node, 0, startsInline: false);
        return text.ToString();
    }

    private static void Block(StringBuilder text, YamlNode node, int indent, bool startsInline)
    {
        bool first = startsInline;
        if (node.Kind == NodeKind.Mapping)
        {
            foreach (YamlEntry entry in node.Entries)
            {
                Indent(text, indent, ref first).Append(Quoted(entry.Key.Text)).Append(':');
                Value(text, entry.Value, entry.Value.Kind == NodeKind.Sequence ? indent : indent + 2, indent + 2);
            }
            return;
        }
        foreach (YamlNode item in node.Items)
        {
            Indent(text, indent, ref first).Append('-');
            if (item.Kind == NodeKind.Scalar || IsEmpty(item))
            {
                text.Append(' ').Append(Inline(item, indent + 2)).Append('\n');
            }
            else
            {
                text.Append(' ');
                Block(text, item, indent + 2, startsInline: true);
            }
        }
    }

    private static void Value(StringBuilder text, YamlNode node, int blockIndent, int scalarIndent)
    {
        if (node.Kind == NodeKind.Scalar || IsEmpty(node))
        {
            text.Append(' ').Append(Inline(node, scalarIndent)).Append('\n');
            return;
        }
        text.Append('\n');
        Block(text, node, blockIndent, startsInline: false);
    }

    private static StringBuilder Indent(StringBuilder text, int indent, ref bool first)
    {
        if (!first)
            text.Append(' ', indent);
        first = false;
        return text;
    }

    private static bool IsEmpty(YamlNode node) => node.Kind != NodeKind.Scalar && node.Items.Count == 0 && node.Entries.Count == 0;

    private static string Inline(YamlNode node, int indent) => node.Kind switch
    {
        NodeKind.Mapping => "{}",
        NodeKind.Sequence => "[]",
        _ when node.IsNull => "null",
        _ when node.IsPlain => Plain(node),
        _ => CanBeLiteral(node.Text) ? Literal(node.Text, indent) : Quoted(node.Text),
    };

    private static string Plain(YamlNode node) => ScalarType.Of(node) == ScalarKind.String ? Quoted(node.Text) : node.Text;

    /// <summary>Text that would be read as something else, or not at all, is put in double quotes with JSON's escapes.</summary>
    private static string Quoted(string text)
    {
        bool isSafe = text.Length > 0
            && ScalarType.Of(YamlNode.Scalar(default, text, isPlain: true)) == ScalarKind.String
            && text.All(c => c >= ' ' && c != '\u007f' && !char.IsSurrogate(c) && c is not ('\u0085' or '\u2028' or '\u2029' or '\ufeff'))
            && !"-?:,[]{}#&*!|>'\"%@`= ".Contains(text[0], StringComparison.Ordinal)
            && text is not ("y" or "Y" or "n" or "N" or "<<")
            && !text.EndsWith(' ') && !text.EndsWith(':')
            && !text.Contains(": ", StringComparison.Ordinal) && !text.Contains(" #", StringComparison.Ordinal);
        return isSafe ? text : $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";
    }

    private static bool CanBeLiteral(string text) =>
        text.Contains('\n', StringComparison.Ordinal) && text[0] is not (' ' or '\n' or '\t') && text.All(c => c is '\n' or >= ' ' and not '\u007f' and < '\u0080')
        && !text.Split('\n').Any(line => line.EndsWith(' '));

    private static string Literal(string text, int indent)
    {
        string chomp = !text.EndsWith('\n') ? "-" : text.EndsWith("\n\n", StringComparison.Ordinal) ? "+" : "";
        string[] lines = (text.EndsWith('\n') ? text[..^1] : text).Split('\n');
        return $"|{chomp}\n" + string.Join('\n', lines.Select(line => line.Length == 0 ? "" : new string(' ', indent) + line));
    }
}
