namespace Weft.Control.Discovery.Translation;

/// <summary>Istio's names for clusters and the fixed ones.</summary>
public static class ClusterNames
{
    public const string Passthrough = "PassthroughCluster";
    public const string BlackHole = "BlackHoleCluster";
    public const string InboundPassthrough = "InboundPassthroughCluster";

    /// <summary><c>outbound|port|subset|host</c>.</summary>
    public static string Outbound(int port, string? subset, string host) => $"outbound|{port}|{subset}|{host}";

    /// <summary><c>inbound|port||</c>, with the workload's port.</summary>
    public static string Inbound(int port) => $"inbound|{port}||";

    /// <summary>The server name of mutual TLS to a service, and the cluster name behind AUTO_PASSTHROUGH: <c>outbound_.port_.subset_.host</c>.</summary>
    public static string ServerName(int port, string? subset, string host) => $"outbound_.{port}_.{subset}_.{host}";
}
