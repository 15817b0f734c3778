using Weft.Policy.Regex;
using Weft.Wire.Http;

namespace Weft.Policy.Routes;

/// <summary>Writes a path with its rewriting and its query.</summary>
internal static class PathWriter
{
    /// <summary>The length written, or −1 when it does not fit.</summary>
    public static int Write(scoped in RequestView request, PathCondition matched, byte[]? prefix, RegexReplacement? pattern, bool keepQuery, Span<byte> destination)
    {
        int written;
        if (pattern is not null)
        {
            written = pattern.Replace(request.Path, destination);
            if (written < 0)
                return -1;
        }
        else
        {
            written = 0;
            int skipped = prefix is null ? 0 : Math.Min(matched.MatchedLength(request.Path), request.Path.Length);
            if (!Put(prefix, destination, ref written) || !Put(request.Path[skipped..], destination, ref written))
                return -1;
        }

        if (keepQuery && request.HasQuery && (!Put("?"u8, destination, ref written) || !Put(request.Query, destination, ref written)))
            return -1;
        return written;
    }

    public static bool Put(ReadOnlySpan<byte> bytes, Span<byte> destination, ref int written)
    {
        if (!bytes.TryCopyTo(destination[written..]))
            return false;
        written += bytes.Length;
        return true;
    }
}
