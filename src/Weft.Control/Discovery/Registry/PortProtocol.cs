namespace Weft.Control.Discovery.Registry;

/// <summary>
/// The application protocol of a service port. <see cref="Unsupported"/> means "not declared": the proxy sniffs it.
/// Source: Istio's protocol selection (port name prefix or appProtocol).
/// </summary>
public enum PortProtocol
{
    Unsupported,
    Tcp,
    Udp,
    Http,
    HttpProxy,
    Http2,
    Grpc,
    GrpcWeb,
    Https,
    Tls,
    Mongo,
    Redis,
    MySql,
}
