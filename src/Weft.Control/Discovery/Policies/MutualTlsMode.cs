namespace Weft.Control.Discovery.Policies;

/// <summary>What an inbound port accepts. Source: Istio PeerAuthentication.</summary>
public enum MutualTlsMode
{
    /// <summary>Plaintext only.</summary>
    Disable,

    /// <summary>Mutual TLS from mesh peers and plaintext from others.</summary>
    Permissive,

    /// <summary>Mutual TLS only.</summary>
    Strict,
}
