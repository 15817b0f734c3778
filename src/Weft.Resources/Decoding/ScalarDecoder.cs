using System.Globalization;
using System.Numerics;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Kubernetes.Meta.V1;
using Weft.Resources.Diagnostics;
using Weft.Resources.Yaml;

namespace Weft.Resources.Decoding;

/// <summary>Single values of every protobuf type, from a scalar node. Each method answers null after reporting what is wrong.</summary>
internal sealed class ScalarDecoder(DiagnosticSink sink)
{
    public object? Decode(YamlNode node, FieldDescriptor field, FieldPath path) => field.FieldType switch
    {
        FieldType.String => Text(node, path),
        FieldType.Bool => Boolean(node, path),
        FieldType.Enum => Enumeration(node, field.EnumType, path),
        FieldType.Bytes => Bytes(node, path),
        FieldType.Double => Number(node, path),
        FieldType.Float => Number(node, path) is { } number ? (float)number : null,
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => Integer(node, path, int.MinValue, int.MaxValue) is { } value ? (int)value : null,
        FieldType.UInt32 or FieldType.Fixed32 => Integer(node, path, 0, uint.MaxValue) is { } value ? (uint)value : null,
        FieldType.UInt64 or FieldType.Fixed64 => Integer(node, path, 0, ulong.MaxValue) is { } value ? (ulong)value : null,
        _ => Integer(node, path, long.MinValue, long.MaxValue) is { } value ? (long)value : null,
    };

    public Duration? Duration(YamlNode node, FieldPath path)
    {
        if (node.Kind == NodeKind.Scalar && DurationText.TryParse(node.Text, out Duration duration))
            return duration;
        if (node.Kind != NodeKind.Scalar || node.IsNull)
        {
            WrongType.Report(sink, node, path, "a duration", $"{WrongType.LastName(path)}: 10s");
            return null;
        }
        bool bare = ScalarType.Of(node) is ScalarKind.Integer or ScalarKind.Float;
        sink.Report(
            FieldDiagnostics.BadTime, node.Position, $"{path} is no duration: \"{node.Text}\".",
            bare ? $"A number needs its unit: {node.Text}s." : "Write a number with its unit: 500ms, 1.5s, 2m, 1h30m.", path);
        return null;
    }

    public Timestamp? Timestamp(YamlNode node, FieldPath path)
    {
        if (node.Kind == NodeKind.Scalar && node.Text.Contains('T', StringComparison.OrdinalIgnoreCase)
            && DateTimeOffset.TryParse(node.Text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time))
            return Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(time);
        sink.Report(FieldDiagnostics.BadTime, node.Position, $"{path} is no time.", "Write it as in 2026-01-31T12:00:00Z.", path);
        return null;
    }

    public IntOrString? IntOrString(YamlNode node, FieldPath path)
    {
        if (node.Kind != NodeKind.Scalar || node.IsNull)
        {
            WrongType.Report(sink, node, path, "a number or a name", $"{WrongType.LastName(path)}: 8080");
            return null;
        }
        if (ScalarType.Of(node) == ScalarKind.Integer)
            return Integer(node, path, int.MinValue, int.MaxValue) is { } value ? new IntOrString { IntValue = (int)value } : null;
        return Text(node, path) is { } text ? new IntOrString { StringValue = text } : null;
    }

    private string? Text(YamlNode node, FieldPath path)
    {
        if (node.Kind == NodeKind.Scalar && ScalarType.Of(node) == ScalarKind.String)
            return node.Text;
        WrongType.Report(sink, node, path, "text", $"{WrongType.LastName(path)}: text");
        return null;
    }

    private bool? Boolean(YamlNode node, FieldPath path)
    {
        if (node.Kind == NodeKind.Scalar && ScalarType.Of(node) == ScalarKind.Boolean && ScalarType.TryBoolean(node.Text, out bool value))
            return value;
        WrongType.Report(sink, node, path, "true or false", $"{WrongType.LastName(path)}: true");
        return null;
    }

    private BigInteger? Integer(YamlNode node, FieldPath path, BigInteger low, BigInteger high)
    {
        if (node.Kind != NodeKind.Scalar || !TryWhole(node.Text, out BigInteger value))
        {
            WrongType.Report(sink, node, path, "a whole number", $"{WrongType.LastName(path)}: 80");
            return null;
        }
        if (value >= low && value <= high)
            return value;
        sink.Report(FieldDiagnostics.NumberRange, node.Position, $"{path} is {value}, but must be {low} to {high}.", null, path);
        return null;
    }

    /// <summary>Protobuf's JSON form allows a whole number in quotes, and with a fraction or exponent that comes to a whole.</summary>
    private static bool TryWhole(string text, out BigInteger value)
    {
        if (ScalarType.TryInteger(text, out value))
            return true;
        if (!ScalarType.TryFloat(text, out double number) || !double.IsInteger(number) || Math.Abs(number) > 1e15)
            return false;
        value = new BigInteger(number);
        return true;
    }

    private double? Number(YamlNode node, FieldPath path)
    {
        if (node.Kind == NodeKind.Scalar && ScalarType.TryFloat(node.Text, out double value))
            return value;
        WrongType.Report(sink, node, path, "a number", $"{WrongType.LastName(path)}: 0.5");
        return null;
    }

    private object? Enumeration(YamlNode node, EnumDescriptor type, FieldPath path)
    {
        string[] names = [.. type.Values.Select(v => v.Name)];
        if (node.Kind != NodeKind.Scalar)
        {
            WrongType.Report(sink, node, path, "one word", $"{WrongType.LastName(path)}: {names[^1]}");
            return null;
        }
        EnumValueDescriptor? value = type.FindValueByName(node.Text);
        if (value is null && ScalarType.Of(node) == ScalarKind.Integer && ScalarType.TryInteger(node.Text, out BigInteger number) && BigInteger.Abs(number) <= int.MaxValue)
            value = type.FindValueByNumber((int)number);
        if (value is not null)
            return System.Enum.ToObject(type.ClrType, value.Number);
        string hint = EditDistance.Nearest(node.Text, names) is { } near ? $"Did you mean {near}?" : $"Write one of {string.Join(", ", names)}.";
        sink.Report(FieldDiagnostics.UnknownEnumValue, node.Position, $"{path} cannot be \"{node.Text}\".", hint, path);
        return null;
    }

    private ByteString? Bytes(YamlNode node, FieldPath path)
    {
        if (node.Kind == NodeKind.Scalar && (ScalarType.Of(node) == ScalarKind.String || node.IsPlain))
        {
            string text = string.Concat(node.Text.Where(c => !char.IsWhiteSpace(c))).Replace('-', '+').Replace('_', '/').TrimEnd('=');
            byte[] bytes = new byte[text.Length];
            if (Convert.TryFromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='), bytes, out int written))
                return ByteString.CopyFrom(bytes, 0, written);
        }
        sink.Report(FieldDiagnostics.BadBytes, node.Position, $"{path} is not base64.", "Encode the bytes first: base64 -w0 FILE. In a Secret, plain text belongs in stringData.", path);
        return null;
    }
}
