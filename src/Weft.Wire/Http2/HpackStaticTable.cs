using System.Text;
using Weft.Wire.Http;

namespace Weft.Wire.Http2;

/// <summary>The static table (RFC 7541 appendix A): entries 1 to 61, and the lookup of a name by length, first and last byte.</summary>
public static class HpackStaticTable
{
    /// <summary>How many entries there are; the dynamic table's indices start behind them.</summary>
    public const int Count = 61;

    /// <summary>The entry of <c>:authority</c>.</summary>
    public const int Authority = 1;

    /// <summary>The first entry of <c>:method</c>.</summary>
    public const int Method = 2;

    /// <summary>The first entry of <c>:path</c>.</summary>
    public const int Path = 4;

    /// <summary>The first entry of <c>:scheme</c>.</summary>
    public const int Scheme = 6;

    /// <summary>The first entry of <c>:status</c>.</summary>
    public const int Status = 8;

    /// <summary>The last entry of <c>:status</c>, behind which ordinary names follow.</summary>
    internal const int LastStatus = 14;

    // Entry 1 first; a name's entries stand together.
    private static readonly (string Name, string Value)[] s_entries =
    [
        (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"), (":scheme", "http"),
        (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"), (":status", "304"), (":status", "400"),
        (":status", "404"), (":status", "500"), ("accept-charset", ""), ("accept-encoding", "gzip, deflate"), ("accept-language", ""),
        ("accept-ranges", ""), ("accept", ""), ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""),
        ("cache-control", ""), ("content-disposition", ""), ("content-encoding", ""), ("content-language", ""), ("content-length", ""),
        ("content-location", ""), ("content-range", ""), ("content-type", ""), ("cookie", ""), ("date", ""), ("etag", ""), ("expect", ""),
        ("expires", ""), ("from", ""), ("host", ""), ("if-match", ""), ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""),
        ("if-unmodified-since", ""), ("last-modified", ""), ("link", ""), ("location", ""), ("max-forwards", ""), ("proxy-authenticate", ""),
        ("proxy-authorization", ""), ("range", ""), ("referer", ""), ("refresh", ""), ("retry-after", ""), ("server", ""), ("set-cookie", ""),
        ("strict-transport-security", ""), ("transfer-encoding", ""), ("user-agent", ""), ("vary", ""), ("via", ""), ("www-authenticate", ""),
    ];

    private const int MaxNameLength = 27;
    private static readonly byte[][] s_names = [.. s_entries.Select(entry => Encoding.ASCII.GetBytes(entry.Name))];
    private static readonly byte[][] s_values = [.. s_entries.Select(entry => Encoding.ASCII.GetBytes(entry.Value))];
    private static readonly byte[] s_firstOfName = [.. Enumerable.Range(0, Count).Select(i => (byte)(Array.FindIndex(s_entries, e => e.Name == s_entries[i].Name) + 1))];
    private static readonly byte[] s_byLength = [.. Enumerable.Range(1, Count).Where(i => s_firstOfName[i - 1] == i).OrderBy(i => s_names[i - 1].Length).Select(i => (byte)i)];
    private static readonly byte[] s_firstOfLength = [.. Enumerable.Range(0, MaxNameLength + 2).Select(length => (byte)s_byLength.Count(i => s_names[i - 1].Length < length))];

    private static readonly byte[] s_ofKnown = [.. Enumerable.Range(0, KnownHeaders.Count + 1).Select(i => (byte)FindName(KnownHeaders.Name((KnownHeader)i)))];
    private static readonly KnownHeader[] s_known = [.. s_names.Select(name => KnownHeaders.Resolve(name))];

    /// <summary>The name of entry <paramref name="index"/>, 1 to <see cref="Count"/>.</summary>
    public static ReadOnlySpan<byte> Name(int index) => s_names[index - 1];

    /// <summary>The value of entry <paramref name="index"/>; most are empty.</summary>
    public static ReadOnlySpan<byte> Value(int index) => s_values[index - 1];

    /// <summary>The first entry with the same name as entry <paramref name="index"/>.</summary>
    public static int FirstOfName(int index) => s_firstOfName[index - 1];

    /// <summary>The first entry with this name, which must be in lower case, or 0.</summary>
    public static int FindName(ReadOnlySpan<byte> name)
    {
        int length = name.Length;
        if (length is 0 or > MaxNameLength)
            return 0;
        for (int i = s_firstOfLength[length]; i < s_firstOfLength[length + 1]; i++)
        {
            byte[] candidate = s_names[s_byLength[i] - 1];
            if (candidate[length - 1] == name[length - 1] && candidate[0] == name[0] && name.SequenceEqual(candidate))
                return s_byLength[i];
        }

        return 0;
    }

    /// <summary>The first entry with the name of a known header, or 0.</summary>
    public static int IndexOf(KnownHeader known) => s_ofKnown[(int)known];

    /// <summary>The known header whose name entry <paramref name="index"/> has, or none.</summary>
    public static KnownHeader KnownOf(int index) => s_known[index - 1];

    /// <summary>The entry with this value among those that share the name of <paramref name="first"/>, or 0.</summary>
    public static int FindValue(int first, ReadOnlySpan<byte> value)
    {
        for (int index = first; index <= Count && s_firstOfName[index - 1] == first; index++)
        {
            if (value.SequenceEqual(s_values[index - 1]))
                return index;
        }

        return 0;
    }
}
