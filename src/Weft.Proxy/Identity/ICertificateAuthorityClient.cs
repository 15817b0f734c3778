namespace Weft.Proxy.Identity;

/// <summary>Asks the mesh's authority for a certificate (Istio's CSR API).</summary>
public interface ICertificateAuthorityClient
{
    /// <summary>Sends a request; the answer is PEM, the leaf first and the root last. Throws <see cref="CertificateAuthorityException"/> when there is none.</summary>
    /// <param name="signingRequestPem">The PKCS #10 request; the private key stays here.</param>
    /// <param name="lifetime">The lifetime asked for.</param>
    /// <param name="cancel">Ends the attempt.</param>
    Task<IReadOnlyList<string>> IssueAsync(string signingRequestPem, TimeSpan lifetime, CancellationToken cancel);
}
