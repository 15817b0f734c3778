using Weft.Proxy.Http;
using Weft.Proxy.Listeners;
using Weft.Proxy.Overload;
using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Engine;

/// <summary>Process settings of the engine.</summary>
public sealed class EngineOptions
{
    /// <summary>How many workers; each is one thread.</summary>
    public int Concurrency { get; init; } = 2;

    /// <summary>
    /// True: another process that listens with SO_REUSEPORT on the same address may go on beside this one, and the kernel gives each a share
    /// of the connections, as two generations of one proxy want it while the newer takes over. False: such an address is refused.
    /// </summary>
    public bool SharesAddresses { get; init; }

    /// <summary>True: OpenSSL protects all records of TLS; else those of TLS 1.3 with AES-GCM are the proxy's own where the processor can.</summary>
    public bool OpenSslRecords { get; init; }

    /// <summary>
    /// Listening sockets of the process whose place this one takes. With them nothing is accepted before <see cref="ProxyEngine.OpenListenersAsync"/>, for the
    /// sockets are still served by that process.
    /// </summary>
    internal InheritedListeners? Inherited { get; init; }

    /// <summary>What the workers heed of overload; <see cref="OverloadMonitor"/> writes it.</summary>
    public OverloadState Overload { get; init; } = new(maxConnections: 0);

    /// <summary>The stream number that connections of HTTP/2 to upstreams begin behind, so that a test need not send 2^30 requests to use the numbers up; 0 or odd.</summary>
    internal int Http2NumbersUsed { get; init; }

    /// <summary>The wall clock for log lines.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Counters, series and access logs; each worker gets its share of it.</summary>
    public ProxyTelemetry Telemetry { get; init; } = new(WorkloadLabels.Unknown);

    /// <summary>Sees every finished exchange, after telemetry; called on the workers.</summary>
    internal IExchangeObserver? Observer { get; init; }

    /// <summary>Receives sentences for people: what could not be opened, and why. Called on control threads and, rarely, on workers.</summary>
    public Action<string> Log { get; init; } = static _ => { };
}
