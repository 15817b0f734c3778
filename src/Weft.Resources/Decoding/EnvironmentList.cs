using Weft.Resources.Diagnostics;
using Weft.Resources.Yaml;

namespace Weft.Resources.Decoding;

/// <summary>A workload's environment may be a map, or a list of <c>{name, value}</c> as in a pod; this makes the second the first.</summary>
internal static class EnvironmentList
{
    public static YamlNode ToMapping(YamlNode list, FieldPath path, DiagnosticSink sink)
    {
        List<YamlEntry> entries = [];
        HashSet<string> names = [];
        for (int i = 0; i < list.Items.Count; i++)
        {
            YamlNode item = list.Items[i];
            FieldPath place = path.Item(i);
            YamlNode? name = item.Find("name");
            if (item.Kind != NodeKind.Mapping || name is not { Kind: NodeKind.Scalar } || name.IsNull)
            {
                WrongType.Report(sink, item, place, "a name and a value", "env: [{name: KEY, value: text}]");
                continue;
            }
            foreach (YamlEntry entry in item.Entries)
            {
                if (entry.Key.Text is not ("name" or "value"))
                    sink.Report(FieldDiagnostics.UnknownField, entry.Key.Position, $"{place} has no field \"{entry.Key.Text}\".", "Fields here: name, value.");
            }
            if (names.Add(name.Text))
                entries.Add(new YamlEntry(name, item.Find("value") ?? YamlNode.Scalar(item.Position, "", isPlain: false)));
            else
                sink.Report(ReadingDiagnostics.DuplicateKey, name.Position, $"{place}: the variable \"{name.Text}\" is set twice.", "Keep one of them.");
        }
        return YamlNode.Mapping(list.Position, [.. entries]);
    }
}
