namespace Weft.Policy.Routes;

/// <summary>What a route does with a request.</summary>
public enum RouteActionKind : byte
{
    /// <summary>Sends it to a cluster.</summary>
    Forward,

    /// <summary>Answers with another URL.</summary>
    Redirect,

    /// <summary>Answers with a fixed status and body.</summary>
    DirectResponse,
}
