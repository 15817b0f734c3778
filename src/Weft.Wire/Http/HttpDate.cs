using System.Globalization;

namespace Weft.Wire.Http;

/// <summary>The IMF-fixdate form of RFC 9110 section 5.6.7, for example <c>Sun, 06 Nov 1994 08:49:37 GMT</c>.</summary>
public static class HttpDate
{
    /// <summary>Bytes in a formatted date.</summary>
    public const int Length = 29;

    /// <summary>Writes <paramref name="time"/> in GMT into <paramref name="destination"/>, which must have room for <see cref="Length"/> bytes.</summary>
    public static void Format(DateTimeOffset time, Span<byte> destination)
    {
        if (!time.ToUniversalTime().TryFormat(destination, out _, "R", CultureInfo.InvariantCulture))
            throw new ArgumentException($"A date needs {Length} bytes.", nameof(destination));
    }
}
