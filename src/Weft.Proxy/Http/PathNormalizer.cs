using Weft.Proxy.Model;

namespace Weft.Proxy.Http;

/// <summary>
/// Path normalisation before routing, so that route, authorisation and upstream see identical bytes (RFC 3986 6.2.2: unreserved characters
/// are decoded, dot segments removed; optionally slashes merged and escaped slashes handled). A path that climbs above its root or holds
/// <c>%00</c> is rejected. Pure.
/// </summary>
internal static class PathNormalizer
{
    /// <summary>A quick look: false when the path is surely normal.</summary>
    public static bool NeedsWork(ReadOnlySpan<byte> path, bool mergeSlashes) =>
        path.IndexOfAny((byte)'%', (byte)'\\') >= 0 || path.IndexOf("/."u8) >= 0 || (mergeSlashes && path.IndexOf("//"u8) >= 0);

    /// <summary>Writes the normal form, which is never longer than the path.</summary>
    public static PathVerdict Normalize(ReadOnlySpan<byte> path, Span<byte> destination, HttpConnectionManagerModel model, out int length)
    {
        length = 0;
        bool unescaped = false;
        int at = 0;
        for (int i = 0; i < path.Length; i++)
        {
            byte value = path[i];
            if (value == '%' && i + 2 < path.Length && Hex(path[i + 1]) is var high and >= 0 && Hex(path[i + 2]) is var low and >= 0)
            {
                byte decoded = (byte)(high << 4 | low);
                if (decoded == 0) return PathVerdict.Reject;
                if (decoded is (byte)'/' or (byte)'\\' && model.EscapedSlashes != EscapedSlashesAction.KeepUnchanged)
                {
                    if (model.EscapedSlashes == EscapedSlashesAction.Reject) return PathVerdict.Reject;
                    unescaped = true;
                    value = (byte)'/';
                    i += 2;
                }
                else if (model.NormalizePath && IsUnreserved(decoded))
                {
                    value = decoded;
                    i += 2;
                }
            }
            else if (value == '%' && model.NormalizePath)
            {
                return PathVerdict.Reject;
            }
            else if (value == '\\' && model.NormalizePath)
            {
                value = (byte)'/';
            }

            destination[at++] = value;
        }

        Span<byte> written = destination[..at];
        if (model.NormalizePath && !RemoveDotSegments(written, ref at)) return PathVerdict.Reject;
        if (model.MergeSlashes) Merge(destination[..at], ref at);
        length = at;
        return unescaped && model.EscapedSlashes == EscapedSlashesAction.UnescapeAndRedirect ? PathVerdict.Redirect : PathVerdict.Forward;
    }

    private static bool RemoveDotSegments(Span<byte> path, ref int length)
    {
        int write = 0;
        int read = 0;
        while (read < length)
        {
            // path[read] is a slash: take the segment behind it.
            int next = path[(read + 1)..length].IndexOf((byte)'/');
            int end = next < 0 ? length : read + 1 + next;
            ReadOnlySpan<byte> segment = path[(read + 1)..end];
            bool last = end == length;
            if (segment.SequenceEqual("."u8))
            {
                if (last) path[write++] = (byte)'/';
            }
            else if (segment.SequenceEqual(".."u8))
            {
                if (write == 0) return false;
                write = path[..write].LastIndexOf((byte)'/');
                if (last) path[write++] = (byte)'/';
            }
            else
            {
                path[read..end].CopyTo(path[write..]);
                write += end - read;
            }

            read = end;
        }

        length = write;
        return true;
    }

    private static void Merge(Span<byte> path, ref int length)
    {
        int write = 0;
        for (int i = 0; i < length; i++)
        {
            if (path[i] == '/' && write > 0 && path[write - 1] == '/') continue;
            path[write++] = path[i];
        }

        length = write;
    }

    private static int Hex(byte value) => value switch
    {
        >= (byte)'0' and <= (byte)'9' => value - '0',
        >= (byte)'a' and <= (byte)'f' => value - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => value - 'A' + 10,
        _ => -1,
    };

    private static bool IsUnreserved(byte value) =>
        value is >= (byte)'a' and <= (byte)'z' or >= (byte)'A' and <= (byte)'Z' or >= (byte)'0' and <= (byte)'9'
            or (byte)'-' or (byte)'.' or (byte)'_' or (byte)'~';
}
