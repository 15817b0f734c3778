using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Xds.Type.V3;

namespace Weft.Xds;

/// <summary>
/// Messages as canonical proto JSON and back: names in lowerCamelCase, an <c>Any</c> as an object with <c>@type</c>.
/// </summary>
/// <remarks>
/// Source: https://protobuf.dev/programming-guides/json. An <c>Any</c> of a type that this build does not know cannot be
/// written in that form; it is written as <c>xds.type.v3.TypedStruct</c> with its type URL and its bytes in base64
/// (<c>value.bytes</c>), so that a dump never fails and never hides that something is there.
/// </remarks>
public static class ProtoJson
{
    private static readonly Lazy<JsonFormatter> Compact = new(
        () => new JsonFormatter(JsonFormatter.Settings.Default.WithTypeRegistry(XdsTypes.Registry)));

    private static readonly Lazy<JsonFormatter> Indented = new(
        () => new JsonFormatter(JsonFormatter.Settings.Default.WithTypeRegistry(XdsTypes.Registry).WithIndentation("  ")));

    private static readonly Lazy<JsonParser> Parser = new(
        () => new JsonParser(JsonParser.Settings.Default.WithTypeRegistry(XdsTypes.Registry)));

    /// <summary>Writes a message.</summary>
    /// <param name="message">The message; it is not changed.</param>
    /// <param name="indented">Whether to write it over several lines, two spaces a level.</param>
    public static string Print(IMessage message, bool indented = false)
    {
        ArgumentNullException.ThrowIfNull(message);
        var printable = AnyRewriter.WithoutUnknownTypes(message);
        return (indented ? Indented : Compact).Value.Format(printable);
    }

    /// <summary>Reads a message; an unknown field, a wrong type or an unknown <c>@type</c> is an error that names it.</summary>
    /// <param name="json">One JSON object; field names in lowerCamelCase or as in the <c>.proto</c> file.</param>
    /// <param name="message">The message, when the result is true.</param>
    /// <param name="error">What is wrong, when the result is false.</param>
    /// <typeparam name="T">The message type.</typeparam>
    public static bool TryParse<T>(string json, [NotNullWhen(true)] out T? message, [NotNullWhen(false)] out string? error)
        where T : class, IMessage<T>, new()
    {
        try
        {
            message = Parser.Value.Parse<T>(json);
            error = null;
            return true;
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException or InvalidOperationException or FormatException)
        {
            message = null;
            error = e.Message;
            return false;
        }
    }

    /// <summary>Reads a message that must be right, such as a test's or a compiled-in one.</summary>
    /// <param name="json">One JSON object.</param>
    /// <typeparam name="T">The message type.</typeparam>
    /// <exception cref="FormatException">The text is not such a message.</exception>
    public static T Parse<T>(string json)
        where T : class, IMessage<T>, new() =>
        TryParse<T>(json, out var message, out var error) ? message : throw new FormatException(error);

    /// <summary>The JSON value of an <c>Any</c> whose type is unknown: its type URL and its bytes.</summary>
    internal static Any Opaque(Any any)
    {
        var value = new Struct();
        value.Fields["bytes"] = Value.ForString(any.Value.ToBase64());
        return Any.Pack(new TypedStruct { TypeUrl = any.TypeUrl, Value = value });
    }
}
