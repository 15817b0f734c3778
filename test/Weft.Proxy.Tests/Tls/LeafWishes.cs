namespace Weft.Proxy.Tests.Tls;

/// <summary>What a test wants of a leaf certificate; the defaults make a good one.</summary>
internal sealed record LeafWishes
{
    internal const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    internal const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    internal string Subject { get; init; } = "O=cluster.local";

    internal string[] Uris { get; init; } = [];

    internal string[] DnsNames { get; init; } = [];

    /// <summary>The content of the subjectAltName extension, when the test encodes it itself.</summary>
    internal byte[]? RawNames { get; init; }

    internal string[] Usages { get; init; } = [ServerUsage, ClientUsage];

    internal bool IsAuthority { get; init; }

    internal bool SelfSigned { get; init; }

    internal bool Rsa { get; init; }

    internal int RsaBits { get; init; } = 2048;

    internal byte[]? Serial { get; init; }

    internal TimeSpan NotBefore { get; init; } = TimeSpan.FromHours(-1);

    internal TimeSpan NotAfter { get; init; } = TimeSpan.FromHours(1);
}
