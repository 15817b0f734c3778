using System.Buffers.Text;

namespace Weft.Policy.Routes;

/// <summary>The <c>grpc-timeout</c> header: one to eight digits and a unit (gRPC over HTTP/2, "Timeout"). Pure; any thread.</summary>
public static class GrpcTimeout
{
    /// <summary>Room that any value fits in, in bytes.</summary>
    public const int MaxBytes = 16;

    private const int MaxDigits = 8;
    private const long MostOfAUnit = 99_999_999;

    /// <summary>Reads a value; false when it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> value, out TimeSpan timeout)
    {
        timeout = default;
        if (value.Length is < 2 or > MaxDigits + 1 || !char.IsAsciiDigit((char)value[0]) || !Utf8Parser.TryParse(value[..^1], out uint number, out int consumed) || consumed != value.Length - 1)
            return false;
        long ticks = value[^1] switch
        {
            (byte)'H' => number * TimeSpan.TicksPerHour,
            (byte)'M' => number * TimeSpan.TicksPerMinute,
            (byte)'S' => number * TimeSpan.TicksPerSecond,
            (byte)'m' => number * TimeSpan.TicksPerMillisecond,
            (byte)'u' => number * TimeSpan.TicksPerMicrosecond,
            (byte)'n' => (number + TimeSpan.NanosecondsPerTick - 1) / TimeSpan.NanosecondsPerTick,
            _ => -1,
        };
        timeout = new TimeSpan(ticks);
        return ticks >= 0;
    }

    /// <summary>Writes a value in whole milliseconds, or in seconds where those would have too many digits, and returns the count of bytes.</summary>
    public static int Write(TimeSpan timeout, Span<byte> destination)
    {
        long milliseconds = Math.Max((long)Math.Ceiling(timeout.TotalMilliseconds), 0);
        bool inSeconds = milliseconds > MostOfAUnit;
        Utf8Formatter.TryFormat(inSeconds ? Math.Min(milliseconds / 1000, MostOfAUnit) : milliseconds, destination, out int digits);
        destination[digits] = inSeconds ? (byte)'S' : (byte)'m';
        return digits + 1;
    }
}
