namespace Weft.Proxy.Tls;

/// <summary>What became of a write.</summary>
public enum TlsWriteStatus
{
    /// <summary>All of it was taken.</summary>
    Done,

    /// <summary>The handshake is not done, or more ciphertext is pending than <see cref="TlsSession.MaxPendingBytes"/>: send, then write the rest.</summary>
    WantIo,

    /// <summary>The connection is broken.</summary>
    Failed,
}
