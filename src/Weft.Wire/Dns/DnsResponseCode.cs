namespace Weft.Wire.Dns;

/// <summary>RFC 1035 4.1.1.</summary>
public enum DnsResponseCode
{
    /// <summary>The name exists; the answer may still be empty.</summary>
    NoError = 0,

    /// <summary>The question could not be read.</summary>
    FormatError = 1,

    /// <summary>The question could not be answered now.</summary>
    ServerFailure = 2,

    /// <summary>There is no such name.</summary>
    NameError = 3,

    /// <summary>An operation other than a query.</summary>
    NotImplemented = 4,

    /// <summary>Refused.</summary>
    Refused = 5,
}
