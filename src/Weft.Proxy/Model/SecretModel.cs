namespace Weft.Proxy.Model;

/// <summary>One secret by name (SDS): a certificate with its key, or the roots to trust; exactly one of the two is set.</summary>
public sealed class SecretModel
{
    public required string Name { get; init; }

    public TlsCertificateModel? Certificate { get; init; }

    public ValidationContextModel? Validation { get; init; }

    public string VersionInfo { get; init; } = "";
}
