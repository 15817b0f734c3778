namespace Weft.Proxy.Telemetry.AccessLogs;

/// <summary>
/// Formats times for log lines. Without a format: <c>2026-11-22T15:04:05.678Z</c>. With one: <c>strftime</c>'s <c>%Y %m %d %H %M %S %s %T %F %b %e %z
/// %Z</c> and <c>%f %3f %6f %9f</c> for fractions, all in UTC.
/// </summary>
internal static class LogTime
{
    private const string Known = "YmdHMSsTFbezZf";
    private static readonly string[] Months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

    /// <summary>Refuses a format with a conversion that is not supported.</summary>
    public static void Check(string format)
    {
        for (int i = format.IndexOf('%'); i >= 0; i = format.IndexOf('%', i + 1))
        {
            if (i + 1 < format.Length && char.IsAsciiDigit(format[i + 1])) i++;
            if (++i >= format.Length || (format[i] != '%' && !Known.Contains(format[i])))
                throw new FormatException($"%START_TIME({format})%: the conversion at offset {i} is not supported.");
        }
    }

    public static void Write(long unixMicroseconds, scoped ReadOnlySpan<byte> format, ref LogLine line)
    {
        if (unixMicroseconds < 0) unixMicroseconds = 0;
        (long seconds, long microseconds) = Math.DivRem(unixMicroseconds, 1_000_000);
        long nanoseconds = microseconds * 1000;
        DateTime time = DateTime.UnixEpoch.AddSeconds(seconds);
        if (format.IsEmpty)
        {
            WriteDate(time, ref line);
            line.Literal("T"u8);
            WriteClock(time, ref line);
            line.Literal("."u8);
            line.Padded(nanoseconds / 1_000_000, 3);
            line.Literal("Z"u8);
            return;
        }

        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                line.Literal(format.Slice(i, 1));
                continue;
            }

            int digits = 9;
            if (char.IsAsciiDigit((char)format[++i])) digits = Math.Clamp(format[i++] - '0', 1, 9);
            WriteConversion((char)format[i], digits, time, seconds, nanoseconds, ref line);
        }
    }

    private static void WriteConversion(char conversion, int digits, DateTime time, long seconds, long nanoseconds, ref LogLine line)
    {
        switch (conversion)
        {
            case 'Y': line.Padded(time.Year, 4); break;
            case 'm': line.Padded(time.Month, 2); break;
            case 'd': line.Padded(time.Day, 2); break;
            case 'e': line.Literal(time.Day < 10 ? " "u8 : default); line.Number(time.Day); break;
            case 'H': line.Padded(time.Hour, 2); break;
            case 'M': line.Padded(time.Minute, 2); break;
            case 'S': line.Padded(time.Second, 2); break;
            case 's': line.Number(seconds); break;
            case 'F': WriteDate(time, ref line); break;
            case 'T': WriteClock(time, ref line); break;
            case 'b': line.Value(Months[time.Month - 1], 0); break;
            case 'z': line.Literal("+0000"u8); break;
            case 'Z': line.Literal("UTC"u8); break;
            case 'f':
                for (int i = digits; i < 9; i++) nanoseconds /= 10;
                line.Padded(nanoseconds, digits);
                break;
            default: line.Literal("%"u8); break;
        }
    }

    private static void WriteDate(DateTime time, ref LogLine line)
    {
        line.Padded(time.Year, 4);
        line.Literal("-"u8);
        line.Padded(time.Month, 2);
        line.Literal("-"u8);
        line.Padded(time.Day, 2);
    }

    private static void WriteClock(DateTime time, ref LogLine line)
    {
        line.Padded(time.Hour, 2);
        line.Literal(":"u8);
        line.Padded(time.Minute, 2);
        line.Literal(":"u8);
        line.Padded(time.Second, 2);
    }
}
