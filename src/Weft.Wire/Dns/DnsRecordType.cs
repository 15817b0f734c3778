namespace Weft.Wire.Dns;

/// <summary>The record types that are looked at (RFC 1035 3.2.2, RFC 3596, RFC 6891); a message may carry any other number.</summary>
public enum DnsRecordType : ushort
{
    /// <summary>An IPv4 address.</summary>
    A = 1,

    /// <summary>An IPv6 address.</summary>
    Aaaa = 28,

    /// <summary>The EDNS(0) pseudo-record.</summary>
    Opt = 41,
}
