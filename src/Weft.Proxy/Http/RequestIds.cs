using System.Buffers.Binary;

namespace Weft.Proxy.Http;

/// <summary>Makes request ids: random UUIDs of version 4. They tell requests apart and are no secrets.</summary>
internal static class RequestIds
{
    /// <summary>Writes 36 bytes.</summary>
    public static void Write(Random random, Span<byte> destination)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, random.NextInt64(long.MinValue, long.MaxValue));
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], random.NextInt64(long.MinValue, long.MaxValue));
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        ReadOnlySpan<byte> digits = "0123456789abcdef"u8;
        int at = 0;
        for (int i = 0; i < 16; i++)
        {
            if (i is 4 or 6 or 8 or 10) destination[at++] = (byte)'-';
            destination[at++] = digits[bytes[i] >> 4];
            destination[at++] = digits[bytes[i] & 15];
        }
    }
}
