using Weft.Wire.Tls;

namespace Weft.Fuzz.Targets;

/// <summary>ClientHello, read again from the start with every piece, as the listener does.</summary>
internal sealed class ClientHelloTarget : FuzzTarget
{
    private readonly byte[] _scratch = new byte[ClientHelloReader.MaxBytes];

    public override string Name => "client-hello";

    protected override void Decode(GuardedMemory memory, ReadOnlySpan<byte> input, ReadOnlySpan<int> cuts, ref Outcome outcome)
    {
        for (int piece = 0; piece <= cuts.Length; piece++)
        {
            ReadOnlySpan<byte> bytes = memory.Place(piece < cuts.Length ? input[..cuts[piece]] : input);
            ClientHelloStatus status = ClientHelloReader.Read(bytes, _scratch, out ClientHello hello);
            if (status == ClientHelloStatus.NeedMore && piece < cuts.Length) continue;
            outcome.Kind((int)status);
            if (status != ClientHelloStatus.Complete) return;
            Require(!hello.ServerName.ContainsAnyInRange((byte)0, (byte)' '), "a server name without controls and spaces");
            outcome.Kind(Math.Min(hello.ServerName.Length, 3));
            outcome.Text(hello.ServerName);
            outcome.Text(hello.AlpnList);
            ReadOnlySpan<byte> rest = hello.AlpnList;
            int protocols = 0;
            while (ClientHello.NextProtocol(ref rest, out ReadOnlySpan<byte> protocol))
            {
                Require(!protocol.IsEmpty && hello.Offers(protocol), "a protocol on the list is offered");
                protocols++;
            }

            Require(rest.IsEmpty, "the list of protocols is whole");
            outcome.Kind(Math.Min(protocols, 4));
            return;
        }
    }
}
