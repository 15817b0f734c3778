namespace Weft.Proxy.Tls;

/// <summary>Where a handshake stands after a step.</summary>
public enum TlsHandshakeStatus
{
    /// <summary>Send what is pending, then feed more of what the peer sends.</summary>
    WantIo,

    /// <summary>Application data may flow.</summary>
    Done,

    /// <summary>Send what is pending (an alert), then close. <see cref="TlsSession.Failure"/> says why.</summary>
    Failed,
}
