using System.Numerics;

namespace Weft.Proxy.Telemetry;

/// <summary>Envoy's short names for <see cref="ResponseFlags"/>, by bit.</summary>
public static class ResponseFlagNames
{
    private static readonly string[] Names =
    [
        "LH", "UH", "UT", "LR", "UR", "UF", "UC", "UO", "NR", "DI", "FI", "RL", "UAEX", "RLSE", "DC", "URX", "SI", "IH", "DPE",
        "UMSDR", "RFCF", "NFCF", "DT", "UPE", "NC", "OM", "DF", "DO", "DR", "UDO",
    ];

    /// <summary>Room that any combination fits in, in bytes.</summary>
    public const int MaxBytes = 128;

    /// <summary>The flag with the short name, or <see cref="ResponseFlags.None"/> when there is none.</summary>
    public static ResponseFlags Parse(string name)
    {
        int bit = Array.IndexOf(Names, name);
        return bit < 0 ? ResponseFlags.None : (ResponseFlags)(1u << bit);
    }

    /// <summary>Writes <c>UF,URX</c>, or <c>-</c> for none, and returns the count of bytes. Needs <see cref="MaxBytes"/> of room.</summary>
    public static int Write(ResponseFlags flags, Span<byte> destination)
    {
        if (flags == ResponseFlags.None)
        {
            destination[0] = (byte)'-';
            return 1;
        }

        int at = 0;
        for (uint rest = (uint)flags; rest != 0; rest &= rest - 1)
        {
            if (at > 0) destination[at++] = (byte)',';
            foreach (char letter in Names[BitOperations.TrailingZeroCount(rest)])
                destination[at++] = (byte)letter;
        }

        return at;
    }

    /// <summary>The same as a string; for readers, not for workers.</summary>
    public static string Format(ResponseFlags flags)
    {
        Span<byte> text = stackalloc byte[MaxBytes];
        return System.Text.Encoding.ASCII.GetString(text[..Write(flags, text)]);
    }
}
