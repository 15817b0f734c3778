using Weft.Wire.Http;
using Weft.Wire.Http1;
using Weft.Wire.Http2;

namespace Weft.Fuzz.Targets;

/// <summary>
/// Heads and trailers of HTTP/2: a byte that says what is decoded, then a header block. What was built is written as HTTP/1.1 and must pass the
/// parser of HTTP/1.1, for that is what an upstream of HTTP/1.1 would get. A block comes whole: the cuts change nothing.
/// </summary>
internal sealed class HeadBuilderTarget : FuzzTarget
{
    private readonly byte[] _scratch = new byte[16 * 1024];
    private readonly byte[] _buffer = new byte[4096];
    private readonly byte[] _again = new byte[16 * 1024];
    private readonly HeaderField[] _fields = new HeaderField[20];
    private readonly HeaderField[] _parsed = new HeaderField[32];

    public override string Name => "http2-head";

    protected override void Decode(GuardedMemory memory, ReadOnlySpan<byte> input, ReadOnlySpan<int> cuts, ref Outcome outcome)
    {
        if (input.IsEmpty) return;
        int choice = input[0];
        bool endStream = (choice & 4) != 0;
        UnderscorePolicy underscores = (UnderscorePolicy)(choice >> 4 & 1);
        ReadOnlySpan<byte> block = memory.Place(input[1..]);
        HpackDecoder decoder = new();
        Http2HeadBuilder builder = (choice & 3) switch
        {
            0 or 3 => Http2HeadBuilder.ForRequest(_buffer, _fields, underscores, allowProtocol: (choice & 8) != 0),
            1 => Http2HeadBuilder.ForResponse(_buffer, _fields),
            _ => Http2HeadBuilder.ForTrailers(_buffer, _fields, underscores),
        };
        HpackResult result = decoder.Decode(block, _scratch, HpackLimits.Default, ref builder);
        outcome.Kind((int)result.Error);
        if (result.Error != HpackError.None) return;
        switch (choice & 3)
        {
            case 1:
                Http2HeadError wrong = builder.FinishResponse(RequestMethod.Get, endStream, out ResponseHead response);
                outcome.Kind((int)wrong);
                if (wrong == Http2HeadError.None) HeadCheck.Response(_buffer.AsSpan(0, builder.Length), response, _fields, ref outcome);
                break;
            case 2:
                wrong = builder.FinishTrailers(out int count, out _);
                outcome.Kind((int)wrong);
                if (wrong == Http2HeadError.None) HeadCheck.Fields(_buffer.AsSpan(0, builder.Length), _fields.AsSpan(0, count), ref outcome);
                break;
            default:
                wrong = builder.FinishRequest(endStream, out RequestHead request);
                outcome.Kind((int)wrong);
                if (wrong != Http2HeadError.None) break;
                HeadCheck.Request(_buffer.AsSpan(0, builder.Length), request, _fields, ref outcome);
                if (request.Method != RequestMethod.Connect) CheckAsHttp1(_buffer.AsSpan(0, builder.Length), request);
                break;
        }
    }

    /// <summary>The request as HTTP/1.1, with the framing that belongs to it, means the same there.</summary>
    private void CheckAsHttp1(ReadOnlySpan<byte> head, in RequestHead request)
    {
        var writer = new Lines(_again);
        writer.Add(request.MethodName.Of(head));
        writer.Add(" "u8);
        writer.Add(request.PathAndQuery.Of(head));
        writer.Add(" HTTP/1.1\r\n"u8);
        writer.Add(head[request.FieldsOffset..request.FieldsEnd]);
        if (request.Framing == BodyFraming.Chunked) writer.Add("transfer-encoding: chunked\r\n"u8);
        writer.Add("\r\n"u8);
        int scanned = 0;
        ParseResult result = Http1RequestParser.Parse(_again.AsSpan(0, writer.Length), _parsed, Http1Limits.Mesh, ref scanned, out RequestHead again, out int consumed);
        Require(result.Status == ParseStatus.Complete && consumed == writer.Length, $"what was built passes the parser of HTTP/1.1, which says {result.Status} {result.Error}");
        Require(again.Framing == request.Framing || (request.Framing == BodyFraming.None && again.ContentLength == 0), $"its body is framed alike: {request.Framing} became {again.Framing}");
        Require(again.PathAndQuery.Of(_again).SequenceEqual(request.PathAndQuery.Of(head)), "its path is the same");
        Require(again.Authority.Of(_again).SequenceEqual(request.Authority.Of(head)), "its authority is the same");
    }

    private ref struct Lines(Span<byte> room)
    {
        private readonly Span<byte> _room = room;

        public int Length { get; private set; }

        public void Add(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_room[Length..]);
            Length += bytes.Length;
        }
    }
}
