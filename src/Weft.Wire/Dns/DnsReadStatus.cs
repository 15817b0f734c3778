namespace Weft.Wire.Dns;

/// <summary>What reading a query found.</summary>
public enum DnsReadStatus
{
    /// <summary>A query with one question.</summary>
    Query,

    /// <summary>Not even a header, or itself a response: no answer is due.</summary>
    Ignore,

    /// <summary>A header with something broken behind it: answer <see cref="DnsResponseCode.FormatError"/>.</summary>
    Malformed,

    /// <summary>Another operation than a query: answer <see cref="DnsResponseCode.NotImplemented"/>.</summary>
    NotImplemented,
}
