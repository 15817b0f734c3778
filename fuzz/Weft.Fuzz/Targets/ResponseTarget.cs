using Weft.Wire.Http;
using Weft.Wire.Http1;

namespace Weft.Fuzz.Targets;

/// <summary>Heads of responses over HTTP/1.1, to requests of several methods.</summary>
internal sealed class ResponseTarget : FuzzTarget
{
    private static readonly Http1Limits s_limits = Http1Limits.Mesh with { MaxHeadBytes = 1024, MaxFields = 20 };
    private static readonly RequestMethod[] s_methods = [RequestMethod.Get, RequestMethod.Head, RequestMethod.Connect, RequestMethod.Post];
    private readonly HeaderField[] _fields = new HeaderField[20];

    public override string Name => "http1-response";

    protected override void Decode(GuardedMemory memory, ReadOnlySpan<byte> input, ReadOnlySpan<int> cuts, ref Outcome outcome)
    {
        int scanned = 0;
        RequestMethod method = s_methods[input.Length % s_methods.Length];
        for (int piece = 0; piece <= cuts.Length; piece++)
        {
            ReadOnlySpan<byte> bytes = memory.Place(piece < cuts.Length ? input[..cuts[piece]] : input);
            ParseResult result = Http1ResponseParser.Parse(bytes, method, _fields, s_limits, ref scanned, out ResponseHead head, out int consumed);
            if (result.Status == ParseStatus.NeedMore && piece < cuts.Length) continue;
            outcome.Kind((int)result.Status);
            outcome.Hint((int)result.Error);
            outcome.Number(consumed);
            Require(consumed <= bytes.Length && (consumed > 0) == (result.Status == ParseStatus.Complete), "what was consumed is what was there");
            if (result.Status == ParseStatus.Complete) HeadCheck.Response(bytes[..consumed], head, _fields, ref outcome);
            return;
        }
    }
}
