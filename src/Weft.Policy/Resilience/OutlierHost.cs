namespace Weft.Policy.Resilience;

/// <summary>
/// What outlier detection remembers of one endpoint. Shared by the workers: counters are atomic, and <see cref="IsEjected"/> may be read at any
/// time. It belongs to one <see cref="OutlierDetector"/> for the endpoint's life and survives new configurations.
/// </summary>
public sealed class OutlierHost
{
    internal int ServerErrors;
    internal int GatewayErrors;
    internal int LocalFailures;
    internal long EjectedAtMs;
    internal int Multiplier;
    internal bool IsListed;
    private volatile bool _ejected;

    /// <summary>True while the endpoint gets no requests.</summary>
    public bool IsEjected
    {
        get => _ejected;
        internal set => _ejected = value;
    }

    internal void ResetCounters()
    {
        Volatile.Write(ref ServerErrors, 0);
        Volatile.Write(ref GatewayErrors, 0);
        Volatile.Write(ref LocalFailures, 0);
    }
}
