using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Weft.Xds;

/// <summary>Finds <c>Any</c> values of unknown types anywhere in a message, also inside other <c>Any</c> values.</summary>
internal static class AnyRewriter
{
    /// <summary>The deepest nesting that is followed; a message that is nested deeper is not valid xDS.</summary>
    private const int MaxDepth = 100;

    /// <summary>The message itself when all is known, else a copy in which unknown <c>Any</c> values are opaque.</summary>
    internal static IMessage WithoutUnknownTypes(IMessage message)
    {
        if (message is Any any)
        {
            return Rewritten(any, 0) ?? any;
        }

        // It may look right to walk a copy at once, but nearly no message has unknown parts: look first.
        if (!NeedsRewriting(message, 0))
        {
            return message;
        }

        var copy = message.Descriptor.Parser.ParseFrom(message.ToByteString());
        RewriteFields(copy, 0);
        return copy;
    }

    private static bool NeedsRewriting(IMessage message, int depth)
    {
        foreach (var child in Children(message))
        {
            if (child is Any any ? Rewritten(any, depth + 1) is not null : depth < MaxDepth && NeedsRewriting(child, depth + 1))
            {
                return true;
            }
        }

        return false;
    }

    private static void RewriteFields(IMessage message, int depth)
    {
        foreach (var child in Children(message))
        {
            if (child is Any any)
            {
                if (Rewritten(any, depth + 1) is { } rewritten)
                {
                    any.TypeUrl = rewritten.TypeUrl;
                    any.Value = rewritten.Value;
                }
            }
            else if (depth < MaxDepth)
            {
                RewriteFields(child, depth + 1);
            }
        }
    }

    /// <summary>What to put in place of an <c>Any</c>, or null when it can stay.</summary>
    private static Any? Rewritten(Any any, int depth)
    {
        if (any.TypeUrl.Length == 0)
        {
            return null;
        }

        if (depth >= MaxDepth || XdsTypes.Registry.Find(XdsTypeUrls.MessageName(any.TypeUrl)) is not { } type)
        {
            return ProtoJson.Opaque(any);
        }

        IMessage content;
        try
        {
            content = type.Parser.ParseFrom(any.Value);
        }
        catch (InvalidProtocolBufferException)
        {
            return ProtoJson.Opaque(any);
        }

        if (!NeedsRewriting(content, depth))
        {
            return null;
        }

        RewriteFields(content, depth);
        return new Any { TypeUrl = any.TypeUrl, Value = content.ToByteString() };
    }

    private static IEnumerable<IMessage> Children(IMessage message)
    {
        if (message is Struct or Value or ListValue)
        {
            yield break;
        }

        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            if (field.FieldType != FieldType.Message)
            {
                continue;
            }

            var value = field.Accessor.GetValue(message);
            var items = field.IsMap ? ((IDictionary)value).Values : field.IsRepeated ? (IEnumerable)value : new[] { value };
            foreach (var item in items)
            {
                if (item is IMessage child)
                {
                    yield return child;
                }
            }
        }
    }
}
