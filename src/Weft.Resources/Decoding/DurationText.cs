using System.Buffers;
using System.Numerics;
using Google.Protobuf.WellKnownTypes;

namespace Weft.Resources.Decoding;

/// <summary>Durations as people write them: <c>1.5s</c> (protobuf JSON) and <c>1h2m3s4ms</c> (Kubernetes).</summary>
public static class DurationText
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");
    private const long NanosPerSecond = 1_000_000_000;
    private static readonly BigInteger LongestNanos = new BigInteger(315_576_000_000) * NanosPerSecond; // protobuf's bound, 10,000 years

    public static bool TryParse(string text, out Duration duration)
    {
        duration = new Duration();
        ReadOnlySpan<char> rest = text;
        bool negative = rest is ['-', ..];
        if (rest is ['-' or '+', ..])
            rest = rest[1..];
        if (rest is "0")
            return true;
        if (rest.IsEmpty || rest.Length > 64)
            return false;
        BigInteger total = BigInteger.Zero;
        while (!rest.IsEmpty)
        {
            if (!TryTakeTerm(ref rest, out BigInteger term))
                return false;
            total += term;
        }
        if (total > LongestNanos)
            return false;
        total = negative ? -total : total;
        duration.Seconds = (long)(total / NanosPerSecond);
        duration.Nanos = (int)(total % NanosPerSecond);
        return true;
    }

    /// <summary>Protobuf's JSON form: seconds with as many decimals as needed.</summary>
    public static string Format(Duration duration)
    {
        string sign = duration.Seconds < 0 || duration.Nanos < 0 ? "-" : "";
        string fraction = Math.Abs(duration.Nanos) == 0 ? "" : "." + Math.Abs(duration.Nanos).ToString("D9", null).TrimEnd('0');
        return $"{sign}{Math.Abs(duration.Seconds)}{fraction}s";
    }

    private static bool TryTakeTerm(ref ReadOnlySpan<char> rest, out BigInteger nanos)
    {
        nanos = BigInteger.Zero;
        int digits = rest.IndexOfAnyExcept(NumberCharacters);
        if (digits <= 0)
            return false;
        ReadOnlySpan<char> number = rest[..digits];
        rest = rest[digits..];
        int unitLength = rest.IndexOfAny(NumberCharacters);
        ReadOnlySpan<char> unit = unitLength < 0 ? rest : rest[..unitLength];
        rest = rest[unit.Length..];
        long scale = unit switch
        {
            "h" => 3600 * NanosPerSecond,
            "m" => 60 * NanosPerSecond,
            "s" => NanosPerSecond,
            "ms" => 1_000_000,
            "us" or "µs" or "μs" => 1_000,
            "ns" => 1,
            _ => 0,
        };
        int point = number.IndexOf('.');
        ReadOnlySpan<char> whole = point < 0 ? number : number[..point], fraction = point < 0 ? [] : number[(point + 1)..];
        if (scale == 0 || (whole.IsEmpty && fraction.IsEmpty) || fraction.Contains('.'))
            return false;
        if (!whole.IsEmpty)
            nanos = BigInteger.Parse(whole, null) * scale;
        if (!fraction.IsEmpty)
            nanos += BigInteger.Parse(fraction, null) * scale / BigInteger.Pow(10, fraction.Length);
        return true;
    }
}
