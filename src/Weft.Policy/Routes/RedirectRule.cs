using System.Buffers.Text;
using System.Text;
using Weft.Policy.Regex;
using Weft.Wire.Http;

namespace Weft.Policy.Routes;

/// <summary>Where a redirect goes (Envoy's RedirectAction). Immutable; any thread.</summary>
public sealed class RedirectRule
{
    /// <summary>301, 302, 303, 307 or 308.</summary>
    public required int Status { get; init; }

    /// <summary>The scheme of the new URL, or null for the request's.</summary>
    public string? Scheme { get; init; }

    /// <summary>The host of the new URL, or null for the request's.</summary>
    public string? Host { get; init; }

    /// <summary>The port of the new URL, or 0 for the request's.</summary>
    public uint Port { get; init; }

    /// <summary>The path of the new URL, or null.</summary>
    public string? Path { get; init; }

    /// <summary>What replaces the matched prefix of the path, or null.</summary>
    public byte[]? PrefixRewrite { get; init; }

    /// <summary>What rewrites the path by pattern, or null.</summary>
    public RegexReplacement? PathRewrite { get; init; }

    /// <summary>Whether the query is left out.</summary>
    public bool StripQuery { get; init; }

    internal PathCondition Matched { get; init; } = PathCondition.Any;

    /// <summary>Writes the value of the Location header; −1 when it does not fit.</summary>
    public int WriteLocation(scoped in RequestView request, in RouteInput input, Span<byte> destination)
    {
        ReadOnlySpan<byte> oldScheme = request.Scheme.IsEmpty ? input.Scheme : request.Scheme;
        int written = 0;
        bool fits = Put(Scheme, oldScheme, destination, ref written)
            && PathWriter.Put("://"u8, destination, ref written)
            && Put(Host, OldHost(request.Authority, oldScheme), destination, ref written);
        if (fits && Port != 0)
        {
            fits = PathWriter.Put(":"u8, destination, ref written) && Utf8Formatter.TryFormat(Port, destination[written..], out int digits);
            if (fits)
                written += Digits(Port);
        }

        if (!fits)
            return -1;
        int path = WritePath(request, destination[written..]);
        return path < 0 ? -1 : written + path;
    }

    private int WritePath(scoped in RequestView request, Span<byte> destination)
    {
        if (Path is null)
            return PathWriter.Write(request, Matched, PrefixRewrite, PathRewrite, !StripQuery, destination);
        int written = 0;
        if (!Put(Path, default, destination, ref written))
            return -1;
        // A query of its own goes before the request's and is never stripped.
        if (Path.Contains('?') || StripQuery || !request.HasQuery)
            return written;
        return PathWriter.Put("?"u8, destination, ref written) && PathWriter.Put(request.Query, destination, ref written) ? written : -1;
    }

    /// <summary>The request's host, without its port when the port changes or was the default of a scheme that changes.</summary>
    private ReadOnlySpan<byte> OldHost(ReadOnlySpan<byte> authority, ReadOnlySpan<byte> oldScheme)
    {
        int colon = RouteTable.PortStart(authority);
        if (colon < 0)
            return authority;
        ReadOnlySpan<byte> port = authority[(colon + 1)..];
        bool schemeChanges = Scheme is not null && !Ascii.Equals(oldScheme, Scheme);
        bool isDefault = oldScheme.SequenceEqual("https"u8) ? port.SequenceEqual("443"u8) : port.SequenceEqual("80"u8);
        return Port != 0 || (schemeChanges && isDefault) ? authority[..colon] : authority;
    }

    private static bool Put(string? text, ReadOnlySpan<byte> otherwise, Span<byte> destination, ref int written)
    {
        if (text is null)
            return PathWriter.Put(otherwise, destination, ref written);
        if (!Encoding.UTF8.TryGetBytes(text, destination[written..], out int length))
            return false;
        written += length;
        return true;
    }

    private static int Digits(uint port) => port >= 10_000 ? 5 : port >= 1000 ? 4 : port >= 100 ? 3 : port >= 10 ? 2 : 1;
}
