namespace Weft.Control.Discovery.Serving;

/// <summary>How changes are gathered before they are pushed, and how much a control plane takes on.</summary>
public sealed record ServingOptions
{
    /// <summary>A push starts when nothing has changed for so long. Istio's 100 ms; a local mesh needs less.</summary>
    public TimeSpan Quiet { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>A push starts so long after the first change even if changes go on.</summary>
    public TimeSpan Max { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Streams open at once; further ones are refused with RESOURCE_EXHAUSTED.</summary>
    public int MaxStreams { get; init; } = 10_000;

    /// <summary>Proxies remembered after they left, for <c>weft status</c>; the longest gone are forgotten first.</summary>
    public int MaxDepartedProxies { get; init; } = 1_000;

    /// <summary>For a mesh on one machine: a change is in force in well under a second.</summary>
    public static ServingOptions Local { get; } = new() { Quiet = TimeSpan.FromMilliseconds(20), Max = TimeSpan.FromSeconds(1) };
}
