using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Weft.Proxy.Configuration.Compilation;

/// <summary>Names the first field in a message's bytes that its schema does not have. Runs only once an error is certain.</summary>
internal static class UnknownFields
{
    private const int MaxDepth = 64;

    public static string Describe(ByteString bytes, MessageDescriptor type) =>
        Find(bytes, type, 0) ?? "a field is set that this version of weft-proxy does not know.";

    private static string? Find(ByteString bytes, MessageDescriptor type, int depth)
    {
        var input = bytes.CreateCodedInput();
        uint tag;
        while ((tag = input.ReadTag()) != 0)
        {
            var number = WireFormat.GetTagFieldNumber(tag);
            if (type.FindFieldByNumber(number) is not { } field)
            {
                return $"field {number} of `{type.FullName}` is set, which this version of weft-proxy does not know.";
            }

            if (field.FieldType == FieldType.Message && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
            {
                var content = input.ReadBytes();
                if (depth < MaxDepth && Find(content, field.MessageType, depth + 1) is { } found)
                {
                    return found;
                }
            }
            else
            {
                input.SkipLastField();
            }
        }

        return null;
    }
}
