using Weft.Wire.Http;
using Weft.Wire.Http1;

namespace Weft.Fuzz.Targets;

/// <summary>Chunked bodies with their trailers.</summary>
internal sealed class ChunkedTarget : FuzzTarget
{
    private static readonly Http1Limits s_limits = Http1Limits.Mesh with { MaxHeadBytes = 512, MaxFields = 10 };
    private readonly HeaderField[] _trailers = new HeaderField[10];

    public override string Name => "http1-chunked";

    protected override void Decode(GuardedMemory memory, ReadOnlySpan<byte> input, ReadOnlySpan<int> cuts, ref Outcome outcome)
    {
        ChunkedDecoder decoder = default;
        Outcome body = default;
        int at = 0;
        long bodyBytes = 0;
        for (int piece = 0; piece <= cuts.Length; piece++)
        {
            int end = piece < cuts.Length ? cuts[piece] : input.Length;
            while (true)
            {
                ReadOnlySpan<byte> bytes = memory.Place(input[at..end]);
                ChunkedStep step = decoder.Next(bytes, _trailers, s_limits);
                Require(step.Consumed >= 0 && step.Consumed <= bytes.Length, "what was consumed is what was there");
                at += step.Consumed;
                if (step.Status == ChunkedStatus.Data)
                {
                    Require(step.DataLength > 0, "a run of body bytes has bytes");
                    body.Bytes(bytes.Slice(step.DataOffset, step.DataLength));
                    bodyBytes += step.DataLength;
                    continue;
                }

                if (step.Status == ChunkedStatus.NeedMore) break;
                outcome.Kind((int)step.Status);
                outcome.Hint((int)step.Error);
                outcome.Number((long)body.Hash);
                outcome.Number(bodyBytes);
                if (step.Status != ChunkedStatus.Complete) return;
                outcome.Number(at);
                HeadCheck.Fields(bytes[step.TrailersOffset..], _trailers.AsSpan(0, step.TrailerCount), ref outcome);
                return;
            }
        }

        outcome.Kind(-1);
        outcome.Number((long)body.Hash);
        outcome.Number(bodyBytes);
    }
}
