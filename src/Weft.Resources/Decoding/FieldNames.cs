using System.Collections.Concurrent;
using Google.Protobuf.Reflection;

namespace Weft.Resources.Decoding;

/// <summary>The names that a message's fields may be written with: JSON's (<c>perTryTimeout</c>) and protobuf's (<c>per_try_timeout</c>).</summary>
internal sealed class FieldNames
{
    private static readonly ConcurrentDictionary<MessageDescriptor, FieldNames> Cache = new();
    private readonly Dictionary<string, FieldDescriptor> byName = [];

    private FieldNames(MessageDescriptor message)
    {
        foreach (FieldDescriptor field in message.Fields.InDeclarationOrder())
        {
            byName[field.Name] = field;
            byName[field.JsonName] = field;
        }
        Written = [.. message.Fields.InDeclarationOrder().Select(f => f.JsonName)];
    }

    /// <summary>The JSON names in the order of the schema.</summary>
    public string[] Written { get; }

    public static FieldNames Of(MessageDescriptor message) => Cache.GetOrAdd(message, m => new FieldNames(m));

    public FieldDescriptor? Find(string name) => byName.GetValueOrDefault(name);
}
