namespace Weft.Wire.Dns;

/// <summary>A query as read by <see cref="DnsMessage.ReadQuery"/>.</summary>
public readonly record struct DnsQuery
{
    /// <summary>The message's id.</summary>
    public ushort Id { get; init; }

    /// <summary>Whether the asker wants recursion.</summary>
    public bool RecursionDesired { get; init; }

    /// <summary>How many bytes of the name buffer hold the name: lower case, labels joined by dots, without the last one; zero for the root.</summary>
    public int NameLength { get; init; }

    /// <summary>What is asked for.</summary>
    public DnsRecordType Type { get; init; }

    /// <summary>The class; 1 is the Internet.</summary>
    public ushort Class { get; init; }

    /// <summary>Where the question ends in the message.</summary>
    public int QuestionEnd { get; init; }

    /// <summary>The largest answer over UDP: 512, or what EDNS(0) announces, within 512 to 4096.</summary>
    public int UdpPayloadBytes { get; init; }

    /// <summary>Whether the query carried EDNS(0).</summary>
    public bool HasEdns { get; init; }
}
