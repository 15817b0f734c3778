namespace Weft.Wire.Tls;

/// <summary>How far reading a ClientHello came.</summary>
public enum ClientHelloStatus : byte
{
    /// <summary>The bytes so far are a beginning.</summary>
    NeedMore,

    /// <summary>The whole message was read.</summary>
    Complete,

    /// <summary>The connection does not start with a TLS handshake record that holds a ClientHello.</summary>
    NotTls,

    /// <summary>It starts as one but its lengths or names do not fit together.</summary>
    Malformed,

    /// <summary>It is longer than <see cref="ClientHelloReader.MaxBytes"/>.</summary>
    TooLarge,
}
