using Weft.Proxy.Engine;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Transport;

namespace Weft.Proxy.Listeners;

/// <summary>A listener as the workers use it: its model, its state, and its filter chains made ready. Immutable.</summary>
internal sealed class ListenerRuntime
{
    private readonly UnmatchedTelemetry?[] _unmatched;

    public ListenerRuntime(ListenerModel model, ListenerState state, TlsContexts tls, int workers)
    {
        _unmatched = new UnmatchedTelemetry?[workers];
        Model = model;
        State = state;
        Chains = [.. model.FilterChains.Select(chain => new FilterChainRuntime(this, chain, tls, workers))];
        Default = model.DefaultFilterChain is { } chain ? new FilterChainRuntime(this, chain, tls, workers) : null;
        Matcher = new FilterChainMatcher(Chains, Default);
        EndsTls = Default is { Tls: not null } || Chains.Any(static chain => chain.Tls is not null);
    }

    /// <summary>The worker's telemetry of connections that no filter chain took; each worker touches its own element only.</summary>
    public UnmatchedTelemetry UnmatchedOf(Worker worker) => _unmatched[worker.Index] ??= worker.Telemetry.Unmatched(Model);

    public ListenerModel Model { get; }

    public ListenerState State { get; }

    public IReadOnlyList<FilterChainRuntime> Chains { get; }

    public FilterChainRuntime? Default { get; }

    public FilterChainMatcher Matcher { get; }

    /// <summary>True when some of its clients may speak TLS that ends here.</summary>
    public bool EndsTls { get; }
}
