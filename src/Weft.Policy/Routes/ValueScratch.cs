using Weft.Wire.Http;

namespace Weft.Policy.Routes;

/// <summary>A thread's buffer for values that do not stand in one piece in the head. Grows once and stays.</summary>
internal static class ValueScratch
{
    private const int InitialBytes = 4096;

    [ThreadStatic]
    private static byte[]? s_buffer;

    /// <summary>At least <paramref name="length"/> bytes, valid until the thread asks again.</summary>
    public static Span<byte> Rent(int length)
    {
        byte[]? buffer = s_buffer;
        if (buffer is null || buffer.Length < length)
            s_buffer = buffer = new byte[Math.Max(InitialBytes, length)];
        return buffer;
    }

    /// <summary>The value of a header; several values are joined with commas, as RFC 9110 section 5.3 allows.</summary>
    public static bool TryRead(HeadView headers, HeaderName name, out ReadOnlySpan<byte> value)
    {
        HeaderValues values = headers.Values(name);
        if (!values.Next(out value))
            return false;
        if (!values.Next(out ReadOnlySpan<byte> next))
            return true;

        int length = value.Length;
        HeaderValues measure = headers.Values(name);
        for (length = 0; measure.Next(out ReadOnlySpan<byte> part); length += part.Length + 1)
        {
        }

        Span<byte> joined = Rent(length);
        value.CopyTo(joined);
        int written = value.Length;
        do
        {
            joined[written++] = (byte)',';
            next.CopyTo(joined[written..]);
            written += next.Length;
        }
        while (values.Next(out next));
        value = joined[..written];
        return true;
    }

    /// <summary>Path and query in one piece.</summary>
    public static ReadOnlySpan<byte> PathAndQuery(scoped in RequestView request)
    {
        if (!request.HasQuery)
            return request.Path;
        Span<byte> joined = Rent(request.Path.Length + 1 + request.Query.Length);
        request.Path.CopyTo(joined);
        joined[request.Path.Length] = (byte)'?';
        request.Query.CopyTo(joined[(request.Path.Length + 1)..]);
        return joined[..(request.Path.Length + 1 + request.Query.Length)];
    }
}
