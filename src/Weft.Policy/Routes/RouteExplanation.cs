namespace Weft.Policy.Routes;

/// <summary>How a routing decision came about.</summary>
/// <param name="VirtualHost">The virtual host, or null when no domain fits.</param>
/// <param name="Domain">How the host was found: <c>exact</c>, <c>suffix</c>, <c>prefix</c> or <c>*</c>.</param>
/// <param name="Decision">The decision.</param>
/// <param name="Trials">The routes that were looked at, in order; the last is the one taken when one was.</param>
public sealed record RouteExplanation(VirtualHostEntry? VirtualHost, string? Domain, RouteDecision Decision, IReadOnlyList<RouteTrial> Trials);
