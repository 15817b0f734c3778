namespace Weft.Proxy.Model;

/// <summary>The endpoints of one locality at one priority.</summary>
public sealed class LocalityEndpointsModel
{
    public LocalityModel Locality { get; init; } = LocalityModel.None;

    /// <summary>0 is tried first.</summary>
    public int Priority { get; init; }

    /// <summary>0: the locality takes no part in locality-weighted balancing.</summary>
    public uint Weight { get; init; }

    public IReadOnlyList<EndpointModel> Endpoints { get; init; } = [];
}
