using Weft.Policy.Routes;

namespace Weft.Proxy.Model;

/// <summary>A named route configuration. Holds the compiled form that the router matches against.</summary>
public sealed class RouteTableModel
{
    /// <summary>The route configuration's name, for example <c>80</c> or <c>http.80</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What requests are matched against.</summary>
    public required RouteTable Table { get; init; }

    /// <summary>The version that the configuration server gave it, for <c>/config_dump</c>; empty for static ones.</summary>
    public string VersionInfo { get; init; } = "";
}
