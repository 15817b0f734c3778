namespace Weft.Proxy.Model;

/// <summary>One endpoint of a cluster.</summary>
public sealed class EndpointModel
{
    /// <summary>The socket address; for DNS clusters none until resolved.</summary>
    public NetworkAddress Address { get; init; }

    /// <summary>For DNS clusters the name to resolve; otherwise the endpoint's host name or empty.</summary>
    public string Hostname { get; init; } = "";

    /// <summary>The port that goes with <see cref="Hostname"/> in DNS clusters.</summary>
    public int Port { get; init; }

    /// <summary>
    /// The internal listener behind which the endpoint is (<c>envoy_internal_address</c>), or empty. <see cref="Address"/> is then what that listener is
    /// asked for: the metadata <c>envoy.filters.listener.original_dst</c>, or none.
    /// </summary>
    public string InternalListener { get; init; } = "";

    public uint Weight { get; init; } = 1;

    public EndpointHealth Health { get; init; }

    public EndpointMetadataModel Metadata { get; init; } = EndpointMetadataModel.None;
}
