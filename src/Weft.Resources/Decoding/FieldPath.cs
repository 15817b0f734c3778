using System.Buffers;
using System.Globalization;
using Google.Protobuf.Reflection;

namespace Weft.Resources.Decoding;

/// <summary>The way from an object's root to a field; written out (<c>spec.http[0].route</c>) only when something is reported.</summary>
internal sealed class FieldPath
{
    private static readonly SearchValues<char> NeedsQuotes = SearchValues.Create("./[] \"");
    private readonly FieldPath? parent;
    private readonly string? name;
    private readonly int index;

    private FieldPath(FieldPath? parent, string? name, int index, MessageDescriptor? message)
    {
        this.parent = parent;
        this.name = name;
        this.index = index;
        Message = message;
    }

    public static FieldPath Root { get; } = new(null, null, -1, null);

    /// <summary>The message type that this path stands on, when it is one.</summary>
    public MessageDescriptor? Message { get; }

    public FieldPath? Parent => parent;

    public FieldPath Field(string field) => new(this, field, -1, null);

    public FieldPath Item(int item) => new(this, null, item, null);

    public FieldPath As(MessageDescriptor message) => new(parent, name, index, message);

    /// <summary>The source line that took this step, such as <c>GatewayValidator.cs:32</c>; empty where nobody said.</summary>
    public (string File, int Line) Origin { get; init; }

    /// <summary>The same place as another line knew it before; null at the first.</summary>
    public FieldPath? Before { get; init; }

    /// <summary>The same place, asked for by another line.</summary>
    public FieldPath From(string file, int line) => new(parent, name, index, Message) { Origin = (file, line), Before = Origin.Line > 0 ? this : null };

    public override string ToString()
    {
        if (parent is null)
            return "";
        string before = parent.ToString();
        if (name is null)
            return $"{before}[{index.ToString(CultureInfo.InvariantCulture)}]";
        string step = name.Length == 0 || name.AsSpan().ContainsAny(NeedsQuotes) ? $"[\"{name}\"]" : name;
        return before.Length == 0 || step[0] == '[' ? before + step : $"{before}.{step}";
    }
}
