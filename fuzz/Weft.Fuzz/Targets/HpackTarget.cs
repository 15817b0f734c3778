using Weft.Wire.Http2;

namespace Weft.Fuzz.Targets;

/// <summary>
/// Header blocks, one behind the other with a length byte each, through one decoder. A block comes whole, so pieces mean something else here: the
/// cuts say which blocks are decoded with a scratch of the least size and limits that nothing keeps, after which the table must be the same.
/// </summary>
internal sealed class HpackTarget : FuzzTarget
{
    private readonly byte[] _scratch = new byte[16 * 1024];
    private readonly byte[] _room = new byte[64 * 1024];

    public override string Name => "hpack";

    protected override void Decode(GuardedMemory memory, ReadOnlySpan<byte> input, ReadOnlySpan<int> cuts, ref Outcome outcome)
    {
        HpackDecoder decoder = new(256);
        decoder.OnSettingsAcknowledged(256);
        while (!input.IsEmpty)
        {
            int length = Math.Min(input[0], input.Length - 1);
            ReadOnlySpan<byte> block = memory.Place(input.Slice(1, length));
            bool isBlind = !cuts.IsEmpty && cuts.Contains(input.Length);
            input = input[(1 + length)..];
            Sink sink = new() { Room = _room };
            HpackResult result = decoder.Decode(block, isBlind ? _scratch.AsSpan(0, 4096) : _scratch, isBlind ? new HpackLimits(0, 0) : HpackLimits.Default, ref sink);
            outcome.Kind((int)result.Error);
            outcome.Kind(decoder.TableEntries);
            outcome.Number(decoder.TableSize);
            Require(decoder.TableSize <= 256, "the table keeps to its size");
            Require(!isBlind || sink.Fields == 0, "nothing is handed over beyond the limits");
            if (result.Error != HpackError.None) return;
            outcome.Kind(Math.Min(result.Fields, 6));
            Require(result.IsOverLimit || sink.Fields == result.Fields, "every field is handed over");
        }
    }

    private ref struct Sink : IHpackSink
    {
        public Span<byte> Room;
        public int Fields;

        public void OnField(scoped in HpackField field)
        {
            Fields++;
            // Touches every byte that was handed over.
            field.Name.CopyTo(Room);
            field.Value.CopyTo(Room);
            if (field.StaticIndex > 0 && !field.Name.SequenceEqual(HpackStaticTable.Name(field.StaticIndex))) throw new FuzzFindingException("a field with the index of another name");
        }
    }
}
