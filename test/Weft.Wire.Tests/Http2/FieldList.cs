using System.Text;
using Weft.Wire.Http2;

namespace Weft.Wire.Tests.Http2;

/// <summary>Keeps decoded fields as text, one character a byte, with an exclamation mark before never-indexed ones.</summary>
internal struct FieldList() : IHpackSink
{
    public List<string> Fields { get; } = [];

    public readonly void OnField(scoped in HpackField field) =>
        Fields.Add($"{(field.IsSensitive ? "!" : "")}{Encoding.Latin1.GetString(field.Name)}: {Encoding.Latin1.GetString(field.Value)}");

    public static string[] Decode(HpackDecoder decoder, ReadOnlySpan<byte> block, out HpackResult result, HpackLimits? limits = null)
    {
        FieldList list = new();
        result = decoder.Decode(block, new byte[64 * 1024], limits ?? HpackLimits.Default, ref list);
        return [.. list.Fields];
    }

    public static string[] Decode(HpackDecoder decoder, string hex)
    {
        string[] fields = Decode(decoder, Hex(hex), out HpackResult result);
        Assert.Equal(HpackError.None, result.Error);
        return fields;
    }

    public static byte[] Hex(string hex) => Convert.FromHexString(hex.Replace(" ", "").Replace("\n", "").Replace("\r", ""));
}
