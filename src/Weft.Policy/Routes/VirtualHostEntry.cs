namespace Weft.Policy.Routes;

/// <summary>A compiled virtual host: its routes in order, and what holds for all of them. Any thread; what is seen of it never changes.</summary>
public sealed class VirtualHostEntry
{
    private VirtualHostRoutes? _compiled;
    private VirtualHostSource? _source;
    private ReadOnlyMemory<byte> _encoded;

    /// <summary>The virtual host's name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether plain text is redirected.</summary>
    public TlsRequirement RequireTls { get; init; }

    /// <summary>Whether <c>x-envoy-attempt-count</c> is sent upstream.</summary>
    public bool IncludeRequestAttemptCount { get; init; }

    /// <summary>Whether <c>x-envoy-attempt-count</c> is sent downstream.</summary>
    public bool IncludeAttemptCountInResponse { get; init; }

    /// <summary>Whether <c>x-envoy-is-timeout-retry</c> is sent upstream.</summary>
    public bool IncludeIsTimeoutRetryHeader { get; init; }

    /// <summary>The routes; the first that matches is taken.</summary>
    public IReadOnlyList<RouteEntry> Routes => Compiled.Entries;

    /// <summary>
    /// The routes in compiled form. Those of a virtual host that no request was for are bytes: a proxy is told of a thousand services and calls ten
    /// of them, and what is never made need not be moved by a collection, which stops the workers. The first request to it makes them.
    /// </summary>
    internal VirtualHostRoutes Compiled => Volatile.Read(ref _compiled) ?? Compile();

    /// <summary>Whether the routes are there in compiled form.</summary>
    internal bool IsCompiled => Volatile.Read(ref _compiled) is not null;

    /// <summary>Sets the routes, once, while compiling: they refer back to this instance.</summary>
    internal void SetRoutes(RouteEntry[] entries) => _compiled = new VirtualHostRoutes(entries);

    /// <summary>Lets go of the routes, which <paramref name="source"/> makes anew of <paramref name="encoded"/> when they are asked for.</summary>
    internal void Defer(VirtualHostSource source, ReadOnlyMemory<byte> encoded)
    {
        _source = source;
        _encoded = encoded;
        _compiled = null;
    }

    private VirtualHostRoutes Compile()
    {
        VirtualHostRoutes made = new(_source?.Compile(this, _encoded.Span) ?? []);
        // Of two workers that come first at once, both take what one of them made: state of a route hangs on its object.
        return Interlocked.CompareExchange(ref _compiled, made, null) ?? made;
    }
}
