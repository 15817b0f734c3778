namespace Weft.Identity;

/// <summary>The outcome of a signing request: a chain, or the reason why there is none.</summary>
public sealed record IssuedCertificate
{
    private IssuedCertificate(IReadOnlyList<string> chain, DateTimeOffset notAfter, string? error)
    {
        ChainPem = chain;
        NotAfter = notAfter;
        Error = error;
    }

    /// <summary>PEM certificates: the leaf, the intermediates, the root. Empty when the request was refused.</summary>
    public IReadOnlyList<string> ChainPem { get; }

    /// <summary>When the leaf ends.</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>A sentence that says why the request was refused; null when it was granted.</summary>
    public string? Error { get; }

    internal static IssuedCertificate Of(IReadOnlyList<string> chain, DateTimeOffset notAfter) => new(chain, notAfter, null);

    internal static IssuedCertificate Refused(string error) => new([], default, error);
}
