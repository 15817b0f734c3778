namespace Weft.Proxy.Hosting;

/// <summary>What the command line of <c>weft-proxy</c> sets.</summary>
public sealed record ProxyProcessOptions
{
    /// <summary>The bootstrap file.</summary>
    public required string BootstrapFile { get; init; }

    /// <summary>How many workers; each is one thread with its own event loop.</summary>
    public int Concurrency { get; init; } = 2;

    /// <summary>How long open exchanges may go on after SIGTERM, or after another process took over. Istio: <c>terminationDrainDuration</c>.</summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>For how long after SIGTERM new connections are still taken while readiness fails already, so that load balancers can learn of it.</summary>
    public TimeSpan DrainNotice { get; init; }

    /// <summary>True: take the place of the running proxy with the same admin address, without losing a connection.</summary>
    public bool TakesOver { get; init; }

    /// <summary>True: OpenSSL protects all records of TLS; else those of TLS 1.3 with AES-GCM are the proxy's own where the processor can (<see cref="Tls.TlsContextFactory"/>).</summary>
    public bool OpenSslRecords { get; init; }

    /// <summary>How much is said on standard error: <c>error</c>, <c>warning</c>, <c>info</c> or <c>debug</c>.</summary>
    public string LogLevel { get; init; } = "info";
}
