using System.Net;
using Weft.Wire.Dns;

namespace Weft.Fuzz.Targets;

/// <summary>DNS queries and the answers to them. A message comes whole: the cuts change nothing.</summary>
internal sealed class DnsTarget : FuzzTarget
{
    private static readonly IPAddress[] s_addresses = [IPAddress.Parse("10.1.2.3"), IPAddress.Parse("10.1.2.4"), IPAddress.Parse("fd00::1")];
    private readonly byte[] _name = new byte[DnsMessage.MaxNameBytes];
    private readonly byte[] _answer = new byte[DnsMessage.ClassicUdpBytes];

    public override string Name => "dns";

    protected override void Decode(GuardedMemory memory, ReadOnlySpan<byte> input, ReadOnlySpan<int> cuts, ref Outcome outcome)
    {
        ReadOnlySpan<byte> message = memory.Place(input);
        DnsReadStatus status = DnsMessage.ReadQuery(message, _name, out DnsQuery query);
        outcome.Kind((int)status);
        if (status == DnsReadStatus.Ignore) return;
        outcome.Number(query.Id);
        Require(query.QuestionEnd <= message.Length && query.NameLength <= DnsMessage.MaxNameBytes, "the question is inside the message");
        Require(query.UdpPayloadBytes is >= DnsMessage.ClassicUdpBytes and <= DnsMessage.MaxUdpBytes, "the payload size is within its bounds");
        outcome.Text(_name.AsSpan(0, query.NameLength));
        outcome.Kind(query.HasEdns ? 1 : 0);
        outcome.Kind(query.Type is DnsRecordType.A ? 1 : query.Type is DnsRecordType.Aaaa ? 2 : 0);
        DnsResponseCode code = status == DnsReadStatus.Query ? DnsResponseCode.NoError : DnsResponseCode.FormatError;
        int length = DnsMessage.WriteAnswer(_answer, message, query, code, s_addresses, 30);
        outcome.Text(_answer.AsSpan(0, length));
        outcome.Kind(_answer[7]);
        if (status == DnsReadStatus.Query && query.QuestionEnd <= _answer.Length - 11)
            Require(DnsMessage.IsResponseTo(_answer.AsSpan(0, length), query.Id, message, query), "the answer answers the query");
    }
}
