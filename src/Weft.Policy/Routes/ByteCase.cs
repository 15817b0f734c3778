using System.Text;

namespace Weft.Policy.Routes;

/// <summary>Compares bytes without regard to ASCII case; other bytes, such as those of UTF-8, must be equal.</summary>
internal static class ByteCase
{
    public static bool EqualsIgnoreCase(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        if (a.Length != b.Length)
            return false;
        if (Ascii.IsValid(a) && Ascii.IsValid(b))
            return Ascii.EqualsIgnoreCase(a, b);
        for (int i = 0; i < a.Length; i++)
        {
            if (a[i] != b[i] && Lower(a[i]) != Lower(b[i]))
                return false;
        }

        return true;
    }

    public static byte Lower(byte value) => value is >= (byte)'A' and <= (byte)'Z' ? (byte)(value | 0x20) : value;
}
