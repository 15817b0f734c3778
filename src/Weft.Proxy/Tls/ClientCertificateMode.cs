namespace Weft.Proxy.Tls;

/// <summary>What a server asks of its clients.</summary>
public enum ClientCertificateMode
{
    /// <summary>No certificate is asked for.</summary>
    None,

    /// <summary>One is asked for; a client may have none, but one that it shows must pass.</summary>
    Optional,

    /// <summary>A handshake without an acceptable certificate fails.</summary>
    Required,
}
