namespace Weft.Proxy.Model;

/// <summary>Where a cluster's endpoints come from.</summary>
public enum ClusterDiscovery : byte
{
    Static,

    /// <summary>Every address that the names resolve to is an endpoint.</summary>
    StrictDns,

    /// <summary>One endpoint; each new connection goes to the address resolved last.</summary>
    LogicalDns,
    Eds,

    /// <summary>The endpoint is what the client dialled.</summary>
    OriginalDestination,
}
