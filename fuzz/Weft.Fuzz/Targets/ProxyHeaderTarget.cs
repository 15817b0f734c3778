using Weft.Wire.ProxyProtocol;

namespace Weft.Fuzz.Targets;

/// <summary>Headers of the PROXY protocol, read again from the start with every piece, as the listener does.</summary>
internal sealed class ProxyHeaderTarget : FuzzTarget
{
    private readonly byte[] _address = new byte[16];

    public override string Name => "proxy-protocol";

    protected override void Decode(GuardedMemory memory, ReadOnlySpan<byte> input, ReadOnlySpan<int> cuts, ref Outcome outcome)
    {
        for (int piece = 0; piece <= cuts.Length; piece++)
        {
            ReadOnlySpan<byte> bytes = memory.Place(piece < cuts.Length ? input[..cuts[piece]] : input);
            ProxyHeaderStatus status = ProxyHeaderReader.Read(bytes, out ProxyHeader header, out int consumed);
            if (status == ProxyHeaderStatus.NeedMore && piece < cuts.Length) continue;
            outcome.Kind((int)status);
            outcome.Number(consumed);
            Require(consumed >= 0 && consumed <= bytes.Length && (consumed > 0) == (status == ProxyHeaderStatus.Complete), "what was consumed is what was there");
            if (status != ProxyHeaderStatus.Complete) return;
            Require(header.RecordsOffset >= 0 && header.RecordsOffset + header.RecordsLength <= consumed, "the records are inside the header");
            outcome.Kind(header.Version);
            outcome.Kind(header.IsLocal ? 1 : 0);
            outcome.Kind(header.Source.AddressLength);
            outcome.Kind(Math.Min(header.RecordsLength, 2));
            outcome.Number(header.Source.Port);
            outcome.Number(header.Destination.Port);
            outcome.Text(_address.AsSpan(0, header.Source.WriteAddress(_address)));
            outcome.Text(_address.AsSpan(0, header.Destination.WriteAddress(_address)));
            outcome.Text(bytes.Slice(header.RecordsOffset, header.RecordsLength));
            return;
        }
    }
}
