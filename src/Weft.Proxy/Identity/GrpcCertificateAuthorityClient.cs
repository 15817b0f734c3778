using System.Text;
using Istio.V1.Auth;
using Weft.Proxy.Grpc;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Identity;

/// <summary>
/// Istio's CSR API over gRPC: TLS with the mesh's roots, and a bearer token that is read from its file for every request, because tokens are renewed too. A connection lives for
/// one request: they are half a day apart.
/// </summary>
public sealed class GrpcCertificateAuthorityClient : ICertificateAuthorityClient
{
    private const int MaxAnswerBytes = 1024 * 1024;
    private const int MaxTokenBytes = 64 * 1024;

    /// <summary>For the answer alone; whoever asks has a deadline of its own for the whole attempt.</summary>
    private static readonly TimeSpan s_answerTimeout = TimeSpan.FromSeconds(30);

    private static readonly GrpcMethod<IstioCertificateRequest, IstioCertificateResponse> s_createCertificate =
        new("/istio.v1.auth.IstioCertificateService/CreateCertificate", IstioCertificateResponse.Parser);

    private readonly Uri address;
    private readonly string tokenFile;
    private readonly string rootFile;
    private readonly string? serverName;

    /// <param name="address">Of the authority, such as <c>https://127.0.0.1:15012</c>; without a server name its host must be in the authority's certificate.</param>
    /// <param name="tokenFile">File with the token that proves who this workload is.</param>
    /// <param name="rootFile">PEM file with the mesh's roots.</param>
    /// <param name="serverName">The name that the authority's certificate must hold; null for the address's host.</param>
    public GrpcCertificateAuthorityClient(Uri address, string tokenFile, string rootFile, string? serverName = null)
    {
        this.serverName = serverName;
        this.address = address;
        this.tokenFile = tokenFile;
        this.rootFile = rootFile;
    }

    private string Host => address.IdnHost.Trim('[', ']');

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> IssueAsync(string signingRequestPem, TimeSpan lifetime, CancellationToken cancel)
    {
        string token = (await ReadAsync(tokenFile, "token", cancel).ConfigureAwait(false)).Trim();
        if (token.Length is 0 or > MaxTokenBytes)
            throw new CertificateAuthorityException($"The token file '{tokenFile}' holds {token.Length} characters; a token has 1 to {MaxTokenBytes}.");
        TlsClientContext tls = await ReadRootsAsync(cancel).ConfigureAwait(false);
        try
        {
            GrpcConnection connection = await GrpcConnection.ConnectAsync(Options(tls), cancel).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                IstioCertificateResponse answer = await connection.AskAsync(
                    s_createCertificate,
                    new IstioCertificateRequest { Csr = signingRequestPem, ValidityDuration = (long)lifetime.TotalSeconds },
                    [KeyValuePair.Create("authorization", $"Bearer {token}")],
                    s_answerTimeout,
                    cancel).ConfigureAwait(false);
                return answer.CertChain;
            }
        }
        catch (GrpcException failure)
        {
            throw new CertificateAuthorityException(Sentence(failure), failure);
        }
    }

    // The certificate is checked against the name, and the connection goes to the address.
    private GrpcConnectionOptions Options(TlsClientContext tls) => new()
    {
        Host = Host,
        Port = address.Port,
        Authority = serverName is null ? address.Authority : new UriBuilder(address) { Host = serverName }.Uri.Authority,
        Tls = tls,
        MaxMessageBytes = MaxAnswerBytes,
    };

    private string Sentence(GrpcException failure) => failure switch
    {
        { Tls: not TlsFailure.None and not TlsFailure.Truncated and not TlsFailure.PeerAlert } => $"The authority at {address} does not prove to be the mesh's by the roots in '{rootFile}': {failure.Message}",
        { Code: GrpcStatusCode.Unavailable } => $"The authority at {address} cannot be reached: {failure.Message}",
        { Code: GrpcStatusCode.Unauthenticated } => $"The authority at {address} does not accept the token in '{tokenFile}': {failure.Message}",
        { Code: GrpcStatusCode.PermissionDenied } => $"The authority at {address} refuses this workload: {failure.Message}",
        _ => $"The authority at {address} answered {failure.Code}: {failure.Message}",
    };

    private async Task<TlsClientContext> ReadRootsAsync(CancellationToken cancel)
    {
        string pem = await ReadAsync(rootFile, "root", cancel).ConfigureAwait(false);
        if (!pem.Contains("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal))
            throw new CertificateAuthorityException($"The mesh's root file '{rootFile}' holds no certificate.");
        try
        {
            return GrpcTrust.For(Encoding.UTF8.GetBytes(pem), serverName ?? Host);
        }
        catch (TlsConfigurationException failure)
        {
            throw new CertificateAuthorityException($"The mesh's root file '{rootFile}' does not decode as PEM certificates: {failure.Message}", failure);
        }
    }

    private static async Task<string> ReadAsync(string file, string what, CancellationToken cancel)
    {
        try
        {
            return await File.ReadAllTextAsync(file, cancel).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CertificateAuthorityException($"The {what} file '{file}' cannot be read: {failure.Message}", failure);
        }
    }
}
