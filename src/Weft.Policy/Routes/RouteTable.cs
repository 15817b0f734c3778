using Envoy.Config.Route.V3;
using Weft.Wire.Http;

namespace Weft.Policy.Routes;

/// <summary>
/// A compiled route configuration. Matching takes no lock and allocates nothing, but for the first request to a virtual host. Immutable; any thread; a connection keeps the table that it
/// started a request with.
/// </summary>
public sealed class RouteTable
{
    private readonly DomainIndex _domains;
    private readonly RouteEntry _toHttps;

    internal RouteTable(string name, DomainIndex domains, IReadOnlyList<VirtualHostEntry> hosts, RouteEntry toHttps, bool ignorePort, bool ignorePathParameters)
    {
        Name = name;
        VirtualHosts = hosts;
        IgnorePort = ignorePort;
        IgnorePathParameters = ignorePathParameters;
        _domains = domains;
        _toHttps = toHttps;
    }

    /// <summary>The route configuration's name.</summary>
    public string Name { get; }

    /// <summary>The virtual hosts in the order configured.</summary>
    public IReadOnlyList<VirtualHostEntry> VirtualHosts { get; }

    /// <summary>Whether the port in a Host header is left out of account.</summary>
    public bool IgnorePort { get; }

    /// <summary>Whether paths are matched without what follows a semicolon.</summary>
    public bool IgnorePathParameters { get; }

    /// <summary>
    /// Compiles a route configuration. What is not supported or not valid is not ignored: for each such field a sentence that starts with its
    /// path is added to <paramref name="errors"/>, and the result is null.
    /// </summary>
    public static RouteTable? Compile(RouteConfiguration configuration, List<string> errors)
    {
        RouteTableCompiler compiler = new(configuration, errors);
        foreach (VirtualHost host in configuration.VirtualHosts)
            compiler.Add(host);
        return compiler.Finish();
    }

    /// <summary>Finds the route of a request: virtual host by authority, then the first route whose conditions all hold.</summary>
    public RouteDecision Match(scoped in RequestView request, in RouteInput input)
    {
        VirtualHostEntry? host = FindHost(request.Authority, out _);
        if (host is null)
            return RouteDecision.NotFound;
        if (host.RequireTls == TlsRequirement.All && !input.IsTls)
            return new RouteDecision(_toHttps, null);
        ReadOnlySpan<byte> path = MatchedPath(request.Path);
        VirtualHostRoutes routes = host.Compiled;
        RouteEntry? route = routes.Index is null ? Walk(routes.Entries, request, path, input) : Search(routes.Index, routes.Entries, request, path, input);
        return new RouteDecision(route, route?.Forward?.Choose(input.Random));
    }

    /// <summary>The same as <see cref="Match"/>, with the reasons. Allocates; not for the data path.</summary>
    public RouteExplanation Explain(scoped in RequestView request, in RouteInput input)
    {
        VirtualHostEntry? host = FindHost(request.Authority, out string? how);
        if (host is null)
            return new RouteExplanation(null, null, RouteDecision.NotFound, []);
        if (host.RequireTls == TlsRequirement.All && !input.IsTls)
            return new RouteExplanation(host, how, new RouteDecision(_toHttps, null), []);
        ReadOnlySpan<byte> path = MatchedPath(request.Path);
        List<RouteTrial> trials = [];
        foreach (RouteEntry route in host.Routes)
        {
            RouteMismatchKind mismatch = route.Matcher.Judge(request, path, input, out int index);
            trials.Add(new RouteTrial(route, mismatch == RouteMismatchKind.None, route.Matcher.Describe(mismatch, index)));
            if (mismatch == RouteMismatchKind.None)
                return new RouteExplanation(host, how, new RouteDecision(route, route.Forward?.Choose(input.Random)), trials);
        }

        return new RouteExplanation(host, how, RouteDecision.NotFound, trials);
    }

    /// <summary>Where the colon of a port stands in an authority, or −1.</summary>
    internal static int PortStart(ReadOnlySpan<byte> authority)
    {
        int colon = authority.LastIndexOf((byte)':');
        return colon < 0 || authority[(colon + 1)..].ContainsAnyExceptInRange((byte)'0', (byte)'9') ? -1 : colon;
    }

    private static RouteEntry? Walk(RouteEntry[] entries, scoped in RequestView request, ReadOnlySpan<byte> path, in RouteInput input)
    {
        foreach (RouteEntry route in entries)
        {
            if (route.Matcher.Judge(request, path, input, out _) == RouteMismatchKind.None)
                return route;
        }

        return null;
    }

    private static RouteEntry? Search(PathIndex index, RouteEntry[] entries, scoped in RequestView request, ReadOnlySpan<byte> path, in RouteInput input)
    {
        Span<PathIndex.Run> runs = stackalloc PathIndex.Run[PathIndex.RunsNeeded];
        PathIndex.Candidates candidates = index.For(path, runs);
        while (candidates.Next(out int at))
        {
            if (entries[at].Matcher.Judge(request, path, input, out _) == RouteMismatchKind.None)
                return entries[at];
        }

        return null;
    }

    private VirtualHostEntry? FindHost(ReadOnlySpan<byte> authority, out string? how)
    {
        int colon = IgnorePort ? PortStart(authority) : -1;
        return _domains.Find(colon < 0 ? authority : authority[..colon], out how);
    }

    private ReadOnlySpan<byte> MatchedPath(ReadOnlySpan<byte> path)
    {
        int semicolon = IgnorePathParameters ? path.IndexOf((byte)';') : -1;
        return semicolon < 0 ? path : path[..semicolon];
    }
}
