namespace Weft.Proxy.Model;

/// <summary>What is known of an endpoint besides its address. Share one instance between endpoints that agree.</summary>
public sealed class EndpointMetadataModel
{
    public static EndpointMetadataModel None { get; } = new();

    /// <summary>Labels that <see cref="TransportSocketMatchModel"/> looks at (<c>envoy.transport_socket_match</c>).</summary>
    public IReadOnlyList<KeyValuePair<string, string>> TransportSocketMatch { get; init; } = [];

    /// <summary>Istio's <c>workload</c> string: <c>name;namespace;canonical name;revision;cluster</c>.</summary>
    public string Workload { get; init; } = "";

    /// <summary>The SPIFFE id that whoever ends a tunnel to the endpoint must show; empty is any of the mesh.</summary>
    public string Identity { get; init; } = "";

    /// <summary><c>envoy.lb</c> <c>hash_key</c>, when given.</summary>
    public string? HashKey { get; init; }
}
