namespace Weft.Proxy.Hosting;

/// <summary>What the command line of <c>weft-proxy</c> sets.</summary>
public sealed record ProxyProcessOptions
{
    /// <summary>The bootstrap file.</summary>
    public required string BootstrapFile { get; init; }

    /// <summary>How many workers; each is one thread with its own event loop.</summary>
    public int Concurrency { get; init; } = 2;

    /// <summary>How long open exchanges may go on after SIGTERM. Istio: <c>terminationDrainDuration</c>.</summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How much is said on standard error: <c>error</c>, <c>warning</c>, <c>info</c> or <c>debug</c>.</summary>
    public string LogLevel { get; init; } = "info";
}
