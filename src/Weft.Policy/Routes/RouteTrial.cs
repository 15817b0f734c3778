namespace Weft.Policy.Routes;

/// <summary>One route that was looked at, and why it was taken or not.</summary>
/// <param name="Route">The route.</param>
/// <param name="Matched">Whether it was taken.</param>
/// <param name="Reason">The reason in words, to be read behind the route's name.</param>
public sealed record RouteTrial(RouteEntry Route, bool Matched, string Reason);
