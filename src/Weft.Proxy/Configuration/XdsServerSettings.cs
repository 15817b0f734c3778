namespace Weft.Proxy.Configuration;

/// <summary>Where configuration comes from: what <c>dynamic_resources.ads_config</c> and its cluster say.</summary>
public sealed record XdsServerSettings
{
    /// <summary>Such as <c>http://127.0.0.1:15010</c> or <c>https://control:15012</c>.</summary>
    public required Uri Address { get; init; }

    /// <summary>Whether increments are spoken (DELTA_GRPC), or state of the world (GRPC).</summary>
    public bool IsDelta { get; init; }

    /// <summary>PEM roots that the server's certificate must lead to; empty with plaintext.</summary>
    public ReadOnlyMemory<byte> TrustedCaPem { get; init; }

    /// <summary>The name to ask for and to check; empty for the address's host.</summary>
    public string ServerName { get; init; } = "";

    /// <summary>gRPC metadata sent with the stream, such as a token. Values are secrets: never logged.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Metadata { get; init; } = [];

    /// <summary>Whether listeners are asked for.</summary>
    public bool WantsListeners { get; init; }

    /// <summary>Whether clusters are asked for.</summary>
    public bool WantsClusters { get; init; }
}
