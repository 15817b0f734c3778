namespace Weft.Proxy.Tls;

/// <summary>What became of a client's wish for an OCSP response.</summary>
internal enum StapleOutcome : byte
{
    /// <summary>It did not ask.</summary>
    NotAsked,

    /// <summary>It got one.</summary>
    Stapled,

    /// <summary>It got the certificate without one.</summary>
    Omitted,

    /// <summary>The handshake was refused.</summary>
    Refused,
}
