using Weft.Proxy.Model;
using Weft.Proxy.Transport;

namespace Weft.Proxy.Clusters;

/// <summary>A cluster as the workers use it: its model, its state, its TLS contexts. Immutable, shared.</summary>
internal sealed class ClusterRuntime
{
    private readonly ClientTlsSlot? _tls;
    private readonly ClientTlsSlot?[] _matches;

    public ClusterRuntime(ClusterModel model, ClusterState state, TlsContexts tls)
    {
        Model = model;
        State = state;
        _tls = model.Tls is { } context ? tls.Client(context) : null;
        _matches = [.. model.TransportSocketMatches.Select(match => match.Tls is { } own ? tls.Client(own) : null)];
    }

    public ClusterModel Model { get; }

    public ClusterState State { get; }

    /// <summary>The endpoints now in force.</summary>
    public EndpointSetModel Endpoints =>
        Model.Discovery is ClusterDiscovery.StrictDns or ClusterDiscovery.LogicalDns
            ? State.Resolved ?? EndpointSetModel.Empty
            : Model.Endpoints;

    /// <summary>The TLS for an endpoint: that of the first match whose labels the endpoint carries, else the cluster's; null is plaintext.</summary>
    public ClientTlsSlot? TlsFor(EndpointMetadataModel metadata)
    {
        for (int i = 0; i < _matches.Length; i++)
        {
            if (Carries(metadata.TransportSocketMatch, Model.TransportSocketMatches[i].Match)) return _matches[i];
        }

        return _tls;
    }

    /// <summary>The PROXY header for an endpoint, chosen as its TLS is.</summary>
    public UpstreamProxyProtocol ProxyProtocolFor(EndpointMetadataModel metadata)
    {
        for (int i = 0; i < _matches.Length; i++)
        {
            if (Carries(metadata.TransportSocketMatch, Model.TransportSocketMatches[i].Match)) return Model.TransportSocketMatches[i].ProxyProtocol;
        }

        return Model.ProxyProtocol;
    }

    private static bool Carries(IReadOnlyList<KeyValuePair<string, string>> labels, IReadOnlyList<KeyValuePair<string, string>> wanted)
    {
        for (int i = 0; i < wanted.Count; i++)
        {
            bool found = false;
            for (int j = 0; j < labels.Count && !found; j++)
                found = labels[j].Key == wanted[i].Key && labels[j].Value == wanted[i].Value;
            if (!found) return false;
        }

        return true;
    }
}
