using Weft.Resources.Yaml;

namespace Weft.Resources;

/// <summary>
/// Where a field of an object stands in its file. Found by walking the document, so it costs nothing until it is asked.
/// </summary>
public sealed class FieldPositions
{
    private readonly YamlNode root;

    internal FieldPositions(YamlNode root) => this.root = root;

    /// <summary>
    /// The place of a field, by its path in JSON names: <c>spec.http[0].route[1].weight</c>; keys with dots or slashes are
    /// quoted: <c>metadata.labels["app.kubernetes.io/name"]</c>. A field is placed at its name, a list item at its beginning.
    /// A path that the document does not have gives the place of the nearest part that it has.
    /// </summary>
    public SourcePosition Find(string path)
    {
        Walk(path, out SourcePosition at);
        return at;
    }

    /// <summary>True when the document holds this field, whatever its value.</summary>
    public bool Has(string path) => Walk(path, out _);

    private bool Walk(string path, out SourcePosition at)
    {
        YamlNode node = root;
        at = root.Position;
        ReadOnlySpan<char> rest = path;
        while (TakeStep(ref rest, out string name, out int index))
        {
            if (index >= 0)
            {
                if (index >= node.Items.Count)
                    return false;
                node = node.Items[index];
                at = node.Position;
            }
            else if (FindEntry(node, name) is { } entry)
            {
                node = entry.Value;
                at = entry.Key.Position;
            }
            else
            {
                return false;
            }
        }
        return true;
    }

    private static YamlEntry? FindEntry(YamlNode node, string name)
    {
        foreach (YamlEntry entry in node.Entries)
        {
            if (entry.Key.Text == name)
                return entry;
        }
        foreach (YamlEntry entry in node.Entries)
        {
            // Protobuf's own spelling of a name, per_try_timeout, is allowed, too.
            if (entry.Key.Text.Replace("_", "", StringComparison.Ordinal).Equals(name, StringComparison.OrdinalIgnoreCase))
                return entry;
        }
        return null;
    }

    private static bool TakeStep(ref ReadOnlySpan<char> rest, out string name, out int index)
    {
        name = "";
        index = -1;
        rest = rest.TrimStart('.');
        if (rest.IsEmpty)
            return false;
        if (rest[0] != '[')
        {
            int end = rest.IndexOfAny('.', '[');
            name = (end < 0 ? rest : rest[..end]).ToString();
            rest = end < 0 ? [] : rest[end..];
            return true;
        }
        bool quoted = rest.StartsWith("[\"", StringComparison.Ordinal);
        int close = quoted ? rest.IndexOf("\"]", StringComparison.Ordinal) : rest.IndexOf(']');
        if (close < 0)
            return false;
        if (quoted)
            name = rest[2..close].ToString();
        else if (!int.TryParse(rest[1..close], out index))
            return false;
        rest = rest[(close + (quoted ? 2 : 1))..];
        return true;
    }
}
