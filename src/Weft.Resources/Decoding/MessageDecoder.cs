using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Weft.Resources.Diagnostics;
using Weft.Resources.Yaml;

namespace Weft.Resources.Decoding;

/// <summary>
/// Fills a protobuf message from a node tree by the rules of protobuf's JSON form, and reports every field that does not
/// fit with its place and what to write instead. What is present replaces what the message held: lists and maps as a
/// whole, messages field by field, so decoding onto a message of defaults applies the defaults.
/// </summary>
internal sealed class MessageDecoder(DiagnosticSink sink)
{
    private readonly ScalarDecoder scalars = new(sink);

    /// <summary>Top-level keys to pass over: the parts of a document that are not part of its body.</summary>
    public void Decode(YamlNode node, IMessage target, FieldPath path, IReadOnlySet<string>? passOver = null)
    {
        if (node.Kind != NodeKind.Mapping)
        {
            WrongType.Report(sink, node, path, "a mapping", $"{Name(path)}: {WrongType.Example(target.Descriptor)}");
            return;
        }
        path = path.As(target.Descriptor);
        FieldNames names = FieldNames.Of(target.Descriptor);
        Dictionary<FieldDescriptor, YamlNode> seen = [];
        Dictionary<OneofDescriptor, FieldDescriptor> chosen = [];
        foreach (YamlEntry entry in node.Entries)
        {
            if (passOver?.Contains(entry.Key.Text) == true)
                continue;
            if (names.Find(entry.Key.Text) is not { } field)
            {
                UnknownField.Report(sink, entry.Key, path, names);
                continue;
            }
            if (!seen.TryAdd(field, entry.Key))
            {
                sink.Report(
                    ReadingDiagnostics.DuplicateKey, entry.Key.Position,
                    $"{path.Field(field.JsonName)} is written twice, as \"{seen[field].Text}\" and as \"{entry.Key.Text}\".", "Keep one of them.");
                continue;
            }
            if (entry.Value.IsNull && field.FieldType != FieldType.Message)
                continue;
            if (entry.Value.IsNull && (field.IsRepeated || field.IsMap || field.MessageType.FullName != "google.protobuf.Value"))
                continue;
            if (field.ContainingOneof is { } oneof && !chosen.TryAdd(oneof, field))
            {
                sink.Report(
                    FieldDiagnostics.OneofConflict, entry.Key.Position,
                    $"{path.Field(field.JsonName)} and {chosen[oneof].JsonName} are set together, but only one of {string.Join(", ", oneof.Fields.Select(f => f.JsonName))} may be.",
                    $"Remove {chosen[oneof].JsonName} or {field.JsonName}.");
                continue;
            }
            Field(entry.Value, target, field, path.Field(field.JsonName));
        }
    }

    private void Field(YamlNode node, IMessage target, FieldDescriptor field, FieldPath path)
    {
        if (field.IsMap)
            Map(node, (IDictionary)field.Accessor.GetValue(target), field, path);
        else if (field.IsRepeated)
            List(node, (IList)field.Accessor.GetValue(target), field, path);
        else if (field.FieldType == FieldType.Message && !IsWrapper(field.MessageType))
            Message(node, target, field, path);
        else if (Value(node, field, path) is { } value)
            field.Accessor.SetValue(target, value);
    }

    private void Message(YamlNode node, IMessage target, FieldDescriptor field, FieldPath path)
    {
        // Defaults under the field stay where the document says nothing.
        if (field.Accessor.GetValue(target) is IMessage existing && !IsSpecial(field.MessageType))
            Decode(node, existing, path);
        else if (Value(node, field, path) is { } value)
            field.Accessor.SetValue(target, value);
    }

    private void List(YamlNode node, IList target, FieldDescriptor field, FieldPath path)
    {
        if (node.Kind != NodeKind.Sequence)
        {
            WrongType.Report(sink, node, path, "a list", $"{Name(path)}: [{WrongType.Example(field)}]");
            return;
        }
        target.Clear();
        for (int i = 0; i < node.Items.Count; i++)
        {
            if (Value(node.Items[i], field, path.Item(i)) is { } value)
                target.Add(value);
        }
    }

    private void Map(YamlNode node, IDictionary target, FieldDescriptor field, FieldPath path)
    {
        FieldDescriptor key = field.MessageType.FindFieldByNumber(1), value = field.MessageType.FindFieldByNumber(2);
        if (node.Kind == NodeKind.Sequence && field.FullName == "weft.v1alpha1.Workload.env")
            node = EnvironmentList.ToMapping(node, path, sink);
        if (node.Kind != NodeKind.Mapping)
        {
            WrongType.Report(sink, node, path, "a mapping of names to values", $"{Name(path)}: {{name: {WrongType.Example(value)}}}");
            return;
        }
        target.Clear();
        foreach (YamlEntry entry in node.Entries)
        {
            FieldPath place = path.Field(entry.Key.Text);
            object? name = key.FieldType == FieldType.String ? entry.Key.Text : scalars.Decode(entry.Key, key, place);
            if (name is not null && Value(entry.Value, value, place) is { } item)
                target[name] = item;
        }
    }

    /// <summary>One value of a field's type, or null after reporting why it is none.</summary>
    private object? Value(YamlNode node, FieldDescriptor field, FieldPath path)
    {
        if (field.FieldType != FieldType.Message)
            return scalars.Decode(node, field, path);
        MessageDescriptor type = field.MessageType;
        switch (type.FullName)
        {
            case "google.protobuf.Duration":
                return scalars.Duration(node, path);
            case "google.protobuf.Timestamp":
                return scalars.Timestamp(node, path);
            case "google.protobuf.Value":
                return StructDecoder.Value(node);
            case "google.protobuf.Struct":
                if (node.Kind == NodeKind.Mapping)
                    return StructDecoder.Struct(node);
                WrongType.Report(sink, node, path, "a mapping", $"{Name(path)}: {{key: value}}");
                return null;
            case "kubernetes.meta.v1.IntOrString":
                return scalars.IntOrString(node, path);
        }
        if (IsWrapper(type))
            return scalars.Decode(node, type.FindFieldByNumber(1), path);
        IMessage message = type.Parser.ParseFrom(ByteString.Empty);
        int errors = sink.Errors;
        Decode(node, message, path);
        return node.Kind == NodeKind.Mapping || sink.Errors == errors ? message : null;
    }

    private static bool IsWrapper(MessageDescriptor type) => type.File == WrappersReflection.Descriptor;

    private static bool IsSpecial(MessageDescriptor type) => type.FullName.StartsWith("google.protobuf.", StringComparison.Ordinal) || type.FullName == "kubernetes.meta.v1.IntOrString";

    private static string Name(FieldPath path) => WrongType.LastName(path);
}
