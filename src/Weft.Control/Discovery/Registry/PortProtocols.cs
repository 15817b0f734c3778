namespace Weft.Control.Discovery.Registry;

/// <summary>How a declared port name, appProtocol or ServiceEntry protocol selects a <see cref="PortProtocol"/>, and what follows from it.</summary>
public static class PortProtocols
{
    // Servers on these ports speak first, so waiting for the client's first bytes would stall them.
    private static readonly int[] ServerFirstPorts = [25, 53, 3306, 27017];

    /// <summary>Parses Istio's protocol words; case does not matter. An unknown word is <see cref="PortProtocol.Unsupported"/>.</summary>
    public static PortProtocol Parse(string? text) => text?.ToLowerInvariant() switch
    {
        "tcp" => PortProtocol.Tcp,
        "udp" => PortProtocol.Udp,
        "http" => PortProtocol.Http,
        "http_proxy" => PortProtocol.HttpProxy,
        "http2" => PortProtocol.Http2,
        "grpc" => PortProtocol.Grpc,
        "grpc-web" => PortProtocol.GrpcWeb,
        "https" => PortProtocol.Https,
        "tls" => PortProtocol.Tls,
        "mongo" => PortProtocol.Mongo,
        "redis" => PortProtocol.Redis,
        "mysql" => PortProtocol.MySql,
        _ => PortProtocol.Unsupported,
    };

    /// <summary>
    /// The protocol of a Kubernetes Service port: UDP wins, then <c>appProtocol</c>, then the port name up to its first dash
    /// (<c>grpc-web</c> is one word), then server-first ports are TCP, else it is sniffed.
    /// </summary>
    /// <param name="port">The service's port.</param>
    /// <param name="name">Its name.</param>
    /// <param name="transport">TCP or UDP; null for TCP.</param>
    /// <param name="appProtocol">Its appProtocol.</param>
    /// <param name="targetPort">The workload's port; 0 when it is that of the service, or a name.</param>
    public static PortProtocol OfServicePort(int port, string? name, string? transport, string? appProtocol, int targetPort = 0)
    {
        if (string.Equals(transport, "UDP", StringComparison.OrdinalIgnoreCase))
            return PortProtocol.Udp;
        if (!string.IsNullOrEmpty(appProtocol))
            return OfAppProtocol(appProtocol);

        string prefix = name ?? "";
        if (!prefix.StartsWith("grpc-web", StringComparison.OrdinalIgnoreCase))
        {
            int dash = prefix.IndexOf('-', StringComparison.Ordinal);
            if (dash >= 0)
                prefix = prefix[..dash];
        }
        else
        {
            prefix = "grpc-web";
        }

        PortProtocol parsed = Parse(prefix);
        if (parsed is not (PortProtocol.Unsupported or PortProtocol.Udp))
            return parsed;
        return ServerFirstPorts.Contains(port) || ServerFirstPorts.Contains(targetPort) ? PortProtocol.Tcp : PortProtocol.Unsupported;
    }

    /// <summary>Requests on this port are routed as HTTP.</summary>
    public static bool IsHttp(this PortProtocol protocol) => protocol
        is PortProtocol.Http or PortProtocol.HttpProxy or PortProtocol.Http2 or PortProtocol.Grpc or PortProtocol.GrpcWeb;

    /// <summary>The peer speaks HTTP/2 with prior knowledge.</summary>
    public static bool IsHttp2(this PortProtocol protocol) => protocol is PortProtocol.Http2 or PortProtocol.Grpc or PortProtocol.GrpcWeb;

    /// <summary>The application itself speaks TLS; the proxy routes by server name.</summary>
    public static bool IsTls(this PortProtocol protocol) => protocol is PortProtocol.Https or PortProtocol.Tls;

    /// <summary>HTTP, or possibly HTTP because it is sniffed.</summary>
    public static bool IsHttpOrSniffed(this PortProtocol protocol) => protocol.IsHttp() || protocol == PortProtocol.Unsupported;

    private static PortProtocol OfAppProtocol(string appProtocol) => appProtocol.ToLowerInvariant() switch
    {
        "kubernetes.io/h2c" => PortProtocol.Http2,
        "kubernetes.io/ws" => PortProtocol.Http,
        "kubernetes.io/wss" => PortProtocol.Https,
        string word => Parse(word),
    };
}
