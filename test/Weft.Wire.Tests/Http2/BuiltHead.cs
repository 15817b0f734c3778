using System.Text;
using Weft.Wire.Http;
using Weft.Wire.Http1;
using Weft.Wire.Http2;

namespace Weft.Wire.Tests.Http2;

/// <summary>Sends fields as they are, valid or not, through the decoder into a head builder, and keeps what came out.</summary>
internal sealed class BuiltHead
{
    public byte[] Buffer { get; private init; } = new byte[4096];

    public HeaderField[] Storage { get; } = new HeaderField[64];

    public Http2HeadError Error { get; private set; }

    public RequestHead Request { get; private set; }

    public ResponseHead Response { get; private set; }

    public int Length { get; private set; }

    public int FieldCount { get; private set; }

    public string Whole => Encoding.Latin1.GetString(Buffer, 0, Length);

    public ReadOnlySpan<HeaderField> Fields => Storage.AsSpan(0, FieldCount);

    public static BuiltHead OfRequest(
        string[] fields, bool endStream = true, UnderscorePolicy underscores = UnderscorePolicy.Allow, bool allowProtocol = false, int room = 4096, bool indexed = false)
    {
        BuiltHead head = new() { Buffer = new byte[room] };
        Http2HeadBuilder builder = Http2HeadBuilder.ForRequest(head.Buffer, head.Storage, underscores, allowProtocol);
        Decode(fields, indexed, ref builder);
        head.Error = builder.FinishRequest(endStream, out RequestHead request);
        head.Request = request;
        head.Length = builder.Length;
        head.FieldCount = request.FieldCount;
        return head;
    }

    public static BuiltHead OfResponse(string[] fields, bool endStream = true, RequestMethod method = RequestMethod.Get)
    {
        BuiltHead head = new();
        Http2HeadBuilder builder = Http2HeadBuilder.ForResponse(head.Buffer, head.Storage);
        Decode(fields, false, ref builder);
        head.Error = builder.FinishResponse(method, endStream, out ResponseHead response);
        head.Response = response;
        head.Length = builder.Length;
        head.FieldCount = response.FieldCount;
        return head;
    }

    public static BuiltHead OfTrailers(params string[] fields)
    {
        BuiltHead head = new();
        Http2HeadBuilder builder = Http2HeadBuilder.ForTrailers(head.Buffer, head.Storage, UnderscorePolicy.Allow);
        Decode(fields, false, ref builder);
        head.Error = builder.FinishTrailers(out int count, out _);
        head.Length = builder.Length;
        head.FieldCount = count;
        return head;
    }

    /// <summary>A good GET, with these fields behind it.</summary>
    public static string[] Get(params string[] fields) => [":method: GET", ":scheme: https", ":path: /p?q=1", ":authority: a.example:8080", .. fields];

    public string Text(ByteRange range) => Encoding.Latin1.GetString(range.Of(Buffer));

    public string Value(KnownHeader known)
    {
        foreach (ref readonly HeaderField field in Fields)
        {
            if (field.Known == known)
                return Encoding.Latin1.GetString(field.Value(Buffer));
        }

        return "";
    }

    private static void Decode(string[] fields, bool indexed, ref Http2HeadBuilder builder)
    {
        byte[] block = indexed ? HpackEncoderTests.Encode(new HpackEncoder(), fields) : Literals(fields);
        HpackResult result = new HpackDecoder().Decode(block, new byte[64 * 1024], HpackLimits.Default, ref builder);
        Assert.True(result.IsComplete);
    }

    private static byte[] Literals(string[] fields)
    {
        List<byte> block = [];
        foreach (string field in fields)
        {
            (string name, string value) = Nghttp2.Split(field);
            block.Add((byte)(name[0] == '!' ? 0x10 : 0));
            Add(name.TrimStart('!'));
            Add(value);
        }

        return [.. block];

        void Add(string text)
        {
            byte[] length = new byte[HpackInteger.MaxBytes];
            block.AddRange(length.AsSpan(0, HpackInteger.Write(length, 0, text.Length, 7)));
            block.AddRange(Encoding.Latin1.GetBytes(text));
        }
    }
}
