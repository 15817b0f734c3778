namespace Weft.Proxy.Model;

/// <summary>A cluster's endpoints (a <c>ClusterLoadAssignment</c>), immutable and replaced as a whole.</summary>
public sealed class EndpointSetModel
{
    public static EndpointSetModel Empty { get; } = new();

    public IReadOnlyList<LocalityEndpointsModel> Localities { get; init; } = [];

    /// <summary>Percent; Envoy: 140.</summary>
    public int OverprovisioningFactor { get; init; } = 140;

    public string VersionInfo { get; init; } = "";
}
