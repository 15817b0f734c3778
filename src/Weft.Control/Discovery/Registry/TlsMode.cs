namespace Weft.Control.Discovery.Registry;

/// <summary>What an endpoint can speak: label <c>security.istio.io/tlsMode</c>.</summary>
public enum TlsMode
{
    /// <summary>No proxy beside it: plaintext.</summary>
    Disabled,

    /// <summary>A mesh proxy beside it: mutual TLS.</summary>
    Istio,
}
