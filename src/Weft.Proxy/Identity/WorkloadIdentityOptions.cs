namespace Weft.Proxy.Identity;

/// <summary>Who this proxy is and how it gets its certificates.</summary>
public sealed record WorkloadIdentityOptions
{
    /// <summary>The SDS name under which the workload's certificate is published, as in Istio.</summary>
    public const string CertificateSecretName = "default";

    /// <summary>The SDS name under which the mesh's roots are published, as in Istio.</summary>
    public const string RootSecretName = "ROOTCA";

    /// <summary>The identity to ask for, <c>spiffe://trust-domain/ns/namespace/sa/service-account</c>. An answer for another one is refused.</summary>
    public required string SpiffeId { get; init; }

    /// <summary>The kind of key; a new one is made for every certificate.</summary>
    public WorkloadKeyType KeyType { get; init; }

    /// <summary>The lifetime to ask for; the authority may give less. Istio's default is 24 hours.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromHours(24);

    /// <summary>PEM file with the mesh's roots: what the authority's own certificate and the issued chain must lead to.</summary>
    public required string RootFile { get; init; }

    /// <summary>How long one request to the authority may take.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The first pause after a failed request; it doubles up to <see cref="MaxBackOff"/>, and each pause is drawn from its upper half.</summary>
    public TimeSpan FirstBackOff { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest pause between two requests.</summary>
    public TimeSpan MaxBackOff { get; init; } = TimeSpan.FromSeconds(15);
}
