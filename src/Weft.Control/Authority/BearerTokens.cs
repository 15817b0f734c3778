using Grpc.Core;
using Weft.Identity;

namespace Weft.Control.Authority;

/// <summary>Who a call comes from, by its <c>authorization: Bearer</c> token. Over TLS a token is required; in the clear (loopback only) it may be missing.</summary>
internal sealed class BearerTokens(WorkloadTokens tokens)
{
    private const string Scheme = "Bearer ";

    /// <summary>The identity, or null for a call in the clear without a token. A wrong token always ends the call.</summary>
    public SpiffeId? Authenticate(ServerCallContext context)
    {
        string? header = context.RequestHeaders.GetValue("authorization");
        if (header is null)
        {
            if (!context.GetHttpContext().Request.IsHttps)
                return null;
            throw Unauthenticated("The call carries no workload token: send `authorization: Bearer TOKEN`.");
        }

        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            throw Unauthenticated("The authorization header is not of the form `Bearer TOKEN`.");
        return tokens.TryVerify(header[Scheme.Length..].Trim(), out SpiffeId? identity, out string? error) ? identity : throw Unauthenticated(error);
    }

    private static RpcException Unauthenticated(string message) => new(new Status(StatusCode.Unauthenticated, message));
}
