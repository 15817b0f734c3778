namespace Weft.Wire.ProxyProtocol;

/// <summary>What a PROXY header says about the connection that a load balancer took.</summary>
public struct ProxyHeader
{
    /// <summary>1 or 2.</summary>
    public int Version;

    /// <summary>True for LOCAL and UNKNOWN: the load balancer speaks for itself, and the connection's own addresses hold.</summary>
    public bool IsLocal;

    /// <summary>The client.</summary>
    public ProxyEndpoint Source;

    /// <summary>The address that the client connected to.</summary>
    public ProxyEndpoint Destination;

    /// <summary>Offset of the type-length-value records in the input; version 2 only.</summary>
    public int RecordsOffset;

    /// <summary>Bytes of those records.</summary>
    public int RecordsLength;
}
