namespace Weft.Proxy.Identity;

/// <summary>The kind of key that a workload makes for itself.</summary>
public enum WorkloadKeyType
{
    /// <summary>ECDSA on P-256: the default, for it makes handshakes several times cheaper than RSA.</summary>
    EcdsaP256,

    /// <summary>RSA with 2048 bits, Istio's default, for peers that cannot do better.</summary>
    Rsa2048,
}
