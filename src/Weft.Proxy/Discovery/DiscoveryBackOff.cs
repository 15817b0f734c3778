namespace Weft.Proxy.Discovery;

/// <summary>Pauses between attempts: doubling, bounded, each drawn from its upper half so that proxies do not come back in step.</summary>
/// <param name="first">The first pause.</param>
/// <param name="longest">The bound.</param>
/// <param name="random">Numbers from 0 to 1.</param>
public sealed class DiscoveryBackOff(TimeSpan first, TimeSpan longest, Func<double> random)
{
    private readonly TimeSpan _first = first;
    private TimeSpan _next = first;

    /// <summary>The pause before the next attempt.</summary>
    public TimeSpan Next()
    {
        var pause = _next * (0.5 + (random() / 2));
        _next = _next * 2 < longest ? _next * 2 : longest;
        return pause;
    }

    /// <summary>Something came: the next failure starts small again.</summary>
    public void Reset() => _next = _first;
}
