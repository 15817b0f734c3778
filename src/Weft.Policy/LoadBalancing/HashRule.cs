using System.Text;
using Weft.Wire.Http;

namespace Weft.Policy.LoadBalancing;

/// <summary>One part of what consistent hashing looks at (Envoy's HashPolicy). Immutable.</summary>
public sealed record HashRule
{
    /// <summary>What is hashed.</summary>
    public required HashRuleKind Kind { get; init; }

    /// <summary>The header when <see cref="Kind"/> says so.</summary>
    public HeaderName? Header { get; init; }

    /// <summary>The name of the cookie or of the query parameter.</summary>
    public string Name { get; init; } = "";

    /// <summary>The name in bytes.</summary>
    public ReadOnlySpan<byte> NameBytes => NameUtf8;

    /// <summary>How long a cookie lives that is made when there is none; null when none is made, zero for the session.</summary>
    public TimeSpan? CookieTimeToLive { get; init; }

    /// <summary>The path of a cookie that is made.</summary>
    public string CookiePath { get; init; } = "";

    /// <summary>Whether later rules are skipped once there is a hash.</summary>
    public bool Terminal { get; init; }

    private byte[] NameUtf8 => _nameUtf8 ??= Encoding.UTF8.GetBytes(Name);

    private byte[]? _nameUtf8;
}
