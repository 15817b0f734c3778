using System.Diagnostics.CodeAnalysis;

namespace Weft.Identity;

/// <summary>A SPIFFE id: a trust domain and a path, such as <c>spiffe://cluster.local/ns/default/sa/reviews</c>. Immutable.</summary>
/// <remarks>
/// Parsed as strictly as the SPIFFE-ID specification (section 2) says, because two spellings of one identity are two
/// identities to whoever compares them as text: no upper case in the trust domain, no port, query, fragment,
/// percent-encoding, empty or dot segment, and no trailing slash.
/// </remarks>
public sealed record SpiffeId
{
    /// <summary>The longest id in bytes (all its characters are ASCII).</summary>
    public const int MaxLength = 2_048;

    private const string Scheme = "spiffe://";
    private const int MaxTrustDomainLength = 255;

    private SpiffeId(string trustDomain, string path)
    {
        TrustDomain = trustDomain;
        Path = path;
    }

    /// <summary>Who vouches for the identity: <c>cluster.local</c>.</summary>
    public string TrustDomain { get; }

    /// <summary>What stands after the trust domain, with its leading slash; empty for the trust domain's own id.</summary>
    public string Path { get; }

    /// <summary>The namespace of an id of Istio's form <c>/ns/NAMESPACE/sa/ACCOUNT</c>; null for any other form.</summary>
    public string? Namespace => Workload()?.Namespace;

    /// <summary>The service account of an id of Istio's form; null for any other form.</summary>
    public string? ServiceAccount => Workload()?.ServiceAccount;

    /// <summary>Makes the id of a workload.</summary>
    /// <param name="trustDomain">The trust domain.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="serviceAccount">The service account.</param>
    /// <exception cref="FormatException">One of the parts cannot be in an id.</exception>
    public static SpiffeId ForWorkload(string trustDomain, string ns, string serviceAccount) =>
        Parse($"{Scheme}{trustDomain}/ns/{ns}/sa/{serviceAccount}");

    /// <summary>Reads an id that must be right.</summary>
    /// <param name="text">The whole URI.</param>
    /// <exception cref="FormatException">It is not an id; the message says why.</exception>
    public static SpiffeId Parse(string text) =>
        TryParse(text, out var id, out var error) ? id : throw new FormatException(error);

    /// <summary>Reads an id.</summary>
    /// <param name="text">The whole URI.</param>
    /// <param name="id">The id, when the result is true.</param>
    /// <param name="error">A sentence that says what is wrong, when the result is false.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out SpiffeId? id, [NotNullWhen(false)] out string? error)
    {
        id = null;
        error = Check(text);
        if (error is not null)
        {
            return false;
        }

        var rest = text!.AsSpan(Scheme.Length);
        var slash = rest.IndexOf('/');
        id = slash < 0 ? new SpiffeId(rest.ToString(), "") : new SpiffeId(rest[..slash].ToString(), rest[slash..].ToString());
        return true;
    }

    /// <summary>The URI.</summary>
    public override string ToString() => $"{Scheme}{TrustDomain}{Path}";

    private static string? Check(string? text)
    {
        if (string.IsNullOrEmpty(text) || !text.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return $"`{Shortened(text)}` is not a SPIFFE id: it does not start with `{Scheme}`.";
        }

        if (text.Length > MaxLength)
        {
            return $"`{Shortened(text)}` is not a SPIFFE id: it has {text.Length} characters, {MaxLength} are allowed.";
        }

        var rest = text.AsSpan(Scheme.Length);
        var slash = rest.IndexOf('/');
        var trustDomain = slash < 0 ? rest : rest[..slash];
        if (trustDomain.IsEmpty || trustDomain.Length > MaxTrustDomainLength)
        {
            return $"`{Shortened(text)}` is not a SPIFFE id: the trust domain must have 1 to {MaxTrustDomainLength} characters.";
        }

        foreach (var c in trustDomain)
        {
            if (!(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-' or '_'))
            {
                return $"`{Shortened(text)}` is not a SPIFFE id: a trust domain has only a-z, 0-9, dot, dash and underscore.";
            }
        }

        return slash < 0 ? null : CheckPath(text, rest[(slash + 1)..]);
    }

    private static string? CheckPath(string text, ReadOnlySpan<char> path)
    {
        foreach (var range in path.Split('/'))
        {
            var segment = path[range];
            if (segment.IsEmpty || segment is "." or "..")
            {
                return $"`{Shortened(text)}` is not a SPIFFE id: its path has an empty or dot segment.";
            }

            foreach (var c in segment)
            {
                if (!(char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'))
                {
                    return $"`{Shortened(text)}` is not a SPIFFE id: a path has only letters, digits, dot, dash and underscore.";
                }
            }
        }

        return null;
    }

    private static string Shortened(string? text) =>
        text is null ? "" : text.Length <= 100 ? text : string.Concat(text.AsSpan(0, 100), "…");

    private (string Namespace, string ServiceAccount)? Workload()
    {
        var parts = Path.Split('/');
        return parts is ["", "ns", var ns, "sa", var account] ? (ns, account) : null;
    }
}
