namespace Weft.Proxy.Clusters;

/// <summary>What became of asking an endpoint for a connection.</summary>
internal enum AcquireOutcome : byte
{
    /// <summary>A connection is there now.</summary>
    Ready,

    /// <summary>The exchange waits; it will be called.</summary>
    Waiting,

    /// <summary>A circuit breaker is open.</summary>
    Overflow,

    /// <summary>A connection could not even be started.</summary>
    Failed,

    /// <summary>The endpoint is none for this kind of request.</summary>
    Unfit,
}
