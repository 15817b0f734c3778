using Grpc.Core;
using Istio.V1.Auth;
using Weft.Identity;

namespace Weft.Control.Authority;

/// <summary>
/// Istio's CSR API: certifies a proxy's key for the identity that its token proves, whatever the request asks for. Only over TLS:
/// a token in the clear could be read on its way.
/// </summary>
internal sealed class CertificateService(CertificateAuthority authority, BearerTokens tokens, Action<string> report)
    : IstioCertificateService.IstioCertificateServiceBase
{
    public override Task<IstioCertificateResponse> CreateCertificate(IstioCertificateRequest request, ServerCallContext context)
    {
        if (!context.GetHttpContext().Request.IsHttps)
            throw new RpcException(new Status(StatusCode.FailedPrecondition, "Certificates are issued over TLS only: use the secure port (15012)."));
        SpiffeId identity = tokens.Authenticate(context)
            ?? throw new RpcException(new Status(StatusCode.Unauthenticated, "The call carries no workload token."));
        TimeSpan? life = request.ValidityDuration > 0 ? TimeSpan.FromSeconds(Math.Min(request.ValidityDuration, int.MaxValue)) : null;
        IssuedCertificate issued = authority.Issue(request.Csr, identity, life);
        if (issued.Error is { } error)
        {
            report($"A signing request of {identity} is refused: {error}");
            throw new RpcException(new Status(StatusCode.InvalidArgument, error));
        }

        IstioCertificateResponse response = new();
        response.CertChain.AddRange(issued.ChainPem);
        return Task.FromResult(response);
    }
}
