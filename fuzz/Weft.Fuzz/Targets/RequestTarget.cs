using Weft.Wire.Http;
using Weft.Wire.Http1;

namespace Weft.Fuzz.Targets;

/// <summary>Heads of requests over HTTP/1.1.</summary>
internal sealed class RequestTarget : FuzzTarget
{
    private static readonly Http1Limits s_limits = Http1Limits.Edge with { MaxHeadBytes = 1024, MaxFields = 20, AcceptHttp10 = true };
    private readonly HeaderField[] _fields = new HeaderField[20];

    public override string Name => "http1-request";

    protected override void Decode(GuardedMemory memory, ReadOnlySpan<byte> input, ReadOnlySpan<int> cuts, ref Outcome outcome)
    {
        int scanned = 0;
        for (int piece = 0; piece <= cuts.Length; piece++)
        {
            ReadOnlySpan<byte> bytes = memory.Place(piece < cuts.Length ? input[..cuts[piece]] : input);
            ParseResult result = Http1RequestParser.Parse(bytes, _fields, s_limits, ref scanned, out RequestHead head, out int consumed);
            if (result.Status == ParseStatus.NeedMore && piece < cuts.Length) continue;
            outcome.Kind((int)result.Status);
            outcome.Hint((int)result.Error);
            outcome.Number(consumed);
            Require(consumed <= bytes.Length && (consumed > 0) == (result.Status == ParseStatus.Complete), "what was consumed is what was there");
            if (result.Status == ParseStatus.Complete) HeadCheck.Request(bytes[..consumed], head, _fields, ref outcome);
            return;
        }
    }
}
