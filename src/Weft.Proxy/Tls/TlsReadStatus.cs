namespace Weft.Proxy.Tls;

/// <summary>What a read found.</summary>
public enum TlsReadStatus
{
    /// <summary>Plaintext was produced; there may be more.</summary>
    Data,

    /// <summary>Nothing more until more ciphertext is fed (send what is pending).</summary>
    WantIo,

    /// <summary>The peer ended its side properly with close_notify.</summary>
    Closed,

    /// <summary>The transport ended without close_notify: what came before may be cut short, and must not pass as complete when its length was not announced.</summary>
    Truncated,

    /// <summary>The connection is broken; send what is pending, then close.</summary>
    Failed,
}
