namespace Weft.Control.Discovery.Translation;

/// <summary>Istio's names for clusters and the fixed ones.</summary>
public static class ClusterNames
{
    public const string Passthrough = "PassthroughCluster";
    public const string BlackHole = "BlackHoleCluster";
    public const string InboundPassthrough = "InboundPassthroughCluster";

    /// <summary>The internal listener, and the cluster towards it, that serves what HBONE carries to this workload.</summary>
    public const string MainInternal = "main_internal";

    /// <summary>The same for the ports whose protocol is found out from the first bytes.</summary>
    public const string MainInternalSniffed = "main_internal_sniffed";

    /// <summary>The internal listener that carries connections to others by HBONE, and the cluster of those connections.</summary>
    public const string ConnectOriginate = "connect_originate";

    /// <summary><c>outbound|port|subset|host</c>.</summary>
    public static string Outbound(int port, string? subset, string host) => $"outbound|{port}|{subset}|{host}";

    /// <summary><c>inbound|port||</c>, with the workload's port.</summary>
    public static string Inbound(int port) => $"inbound|{port}||";

    /// <summary>The server name of mutual TLS to a service, and the cluster name behind AUTO_PASSTHROUGH: <c>outbound_.port_.subset_.host</c>.</summary>
    public static string ServerName(int port, string? subset, string host) => $"outbound_.{port}_.{subset}_.{host}";
}
