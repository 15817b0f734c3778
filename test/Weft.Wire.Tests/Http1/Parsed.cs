using System.Text;
using Weft.Wire.Http;
using Weft.Wire.Http1;

namespace Weft.Wire.Tests.Http1;

/// <summary>Parses text, one character a byte, and keeps what came out so that tests can look at it.</summary>
internal sealed class Parsed
{
    private Parsed(byte[] input) => Input = input;

    public byte[] Input { get; }

    public HeaderField[] Storage { get; } = new HeaderField[128];

    public ParseResult Result { get; private set; }

    public int Consumed { get; private set; }

    public RequestHead Request { get; private set; }

    public ResponseHead Response { get; private set; }

    public ReadOnlySpan<HeaderField> Fields => Storage.AsSpan(0, Request.FieldCount + Response.FieldCount);

    public WireError Error => Result.Error;

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public static Parsed OfRequest(string text, Http1Limits? limits = null) => OfRequest(Bytes(text), limits);

    public static Parsed OfRequest(byte[] input, Http1Limits? limits = null)
    {
        Parsed parsed = new(input);
        int scanned = 0;
        parsed.Result = Http1RequestParser.Parse(input, parsed.Storage, limits ?? Http1Limits.Mesh, ref scanned, out RequestHead head, out int consumed);
        parsed.Request = head;
        parsed.Consumed = consumed;
        return parsed;
    }

    public static Parsed OfResponse(string text, RequestMethod method = RequestMethod.Get)
    {
        Parsed parsed = new(Bytes(text));
        int scanned = 0;
        parsed.Result = Http1ResponseParser.Parse(parsed.Input, method, parsed.Storage, Http1Limits.Mesh, ref scanned, out ResponseHead head, out int consumed);
        parsed.Response = head;
        parsed.Consumed = consumed;
        return parsed;
    }

    public string Text(ByteRange range) => Encoding.Latin1.GetString(range.Of(Input));

    public string Name(int index) => Encoding.Latin1.GetString(Fields[index].Name(Input));

    public string Value(int index) => Encoding.Latin1.GetString(Fields[index].Value(Input));
}
