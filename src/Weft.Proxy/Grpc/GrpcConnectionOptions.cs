using Weft.Proxy.Tls;

namespace Weft.Proxy.Grpc;

/// <summary>Where a connection goes and what bounds it.</summary>
public sealed record GrpcConnectionOptions
{
    /// <summary>Name or IP address to connect to, without brackets.</summary>
    public required string Host { get; init; }

    /// <summary>The port.</summary>
    public required int Port { get; init; }

    /// <summary>The <c>:authority</c> of requests.</summary>
    public required string Authority { get; init; }

    /// <summary>TLS with its trust, names and the protocol h2 to offer; null for plaintext.</summary>
    public TlsClientContext? Tls { get; init; }

    /// <summary>Bytes in the largest message that is accepted.</summary>
    public int MaxMessageBytes { get; init; } = 4 << 20;

    /// <summary>Flow-control window of a call, and of the connection: bytes that the server may have on the way.</summary>
    public int WindowBytes { get; init; } = 256 << 10;

    /// <summary>For TCP and TLS together.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>After such a silence with calls open, a PING asks whether the server is still there.</summary>
    public TimeSpan KeepAliveDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the answer to that PING may take.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The clock of time-outs.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
