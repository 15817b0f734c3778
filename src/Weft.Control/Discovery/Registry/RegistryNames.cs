namespace Weft.Control.Discovery.Registry;

/// <summary>The two names that hosts and identities end in.</summary>
/// <param name="DomainSuffix">Of mesh hosts: <c>cluster.local</c>.</param>
/// <param name="TrustDomain">Of identities: <c>cluster.local</c>; a <c>@</c> is written as a dot.</param>
public sealed record RegistryNames(string DomainSuffix, string TrustDomain)
{
    /// <summary><c>spiffe://trustDomain/ns/namespace/sa/account</c>; empty for an empty account.</summary>
    public string Spiffe(string ns, string serviceAccount) =>
        serviceAccount.Length == 0 ? "" : $"spiffe://{TrustDomain.Replace('@', '.')}/ns/{ns}/sa/{serviceAccount}";
}
