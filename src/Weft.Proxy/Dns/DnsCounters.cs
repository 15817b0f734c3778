namespace Weft.Proxy.Dns;

/// <summary>What the DNS server did since its start, for the admin server.</summary>
/// <param name="Answered">Questions answered from the table.</param>
/// <param name="Forwarded">Questions whose answer came from a resolver.</param>
/// <param name="Failed">Questions that no resolver answered.</param>
/// <param name="Overflowed">Questions and connections turned away at a bound.</param>
/// <param name="Malformed">Messages that are no question.</param>
public readonly record struct DnsCounters(long Answered, long Forwarded, long Failed, long Overflowed, long Malformed);
