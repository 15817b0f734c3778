using Weft.Proxy.Tls;

namespace Weft.Proxy.Grpc;

/// <summary>A call or its connection failed. The message is the server's text, or a sentence that says what happened here.</summary>
/// <param name="code">The outcome.</param>
/// <param name="message">The cause.</param>
/// <param name="inner">What the system said.</param>
public sealed class GrpcException(GrpcStatusCode code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The outcome: the server's, or the one that gRPC has for what happened here.</summary>
    public GrpcStatusCode Code { get; } = code;

    /// <summary>Why TLS failed, when it was that; none otherwise.</summary>
    public TlsFailure Tls { get; init; }
}
