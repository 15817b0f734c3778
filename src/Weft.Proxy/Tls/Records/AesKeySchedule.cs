using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Weft.Proxy.Tls.Records;

/// <summary>The key expansion of AES (FIPS 197, 5.2), by the instruction that is meant for it: no table, no address that depends on the key.</summary>
internal static unsafe class AesKeySchedule
{
    /// <summary>Expands a key of 16 or 32 bytes into 11 or 15 round keys; the number of rounds.</summary>
    internal static int Expand(ReadOnlySpan<byte> key, Vector128<byte>* keys)
    {
        switch (key.Length)
        {
            case 16:
                Expand128(Vector128.Create(key), keys);
                return 10;
            case 32:
                Expand256(Vector128.Create(key[..16]), Vector128.Create(key[16..]), keys);
                return 14;
            default:
                throw new ArgumentException($"A key of AES-GCM in TLS has 16 or 32 bytes, not {key.Length}.", nameof(key));
        }
    }

    private static void Expand128(Vector128<byte> key, Vector128<byte>* keys)
    {
        keys[0] = key;
        keys[1] = key = Mix(key, Aes.KeygenAssist(key, 0x01), 0xFF);
        keys[2] = key = Mix(key, Aes.KeygenAssist(key, 0x02), 0xFF);
        keys[3] = key = Mix(key, Aes.KeygenAssist(key, 0x04), 0xFF);
        keys[4] = key = Mix(key, Aes.KeygenAssist(key, 0x08), 0xFF);
        keys[5] = key = Mix(key, Aes.KeygenAssist(key, 0x10), 0xFF);
        keys[6] = key = Mix(key, Aes.KeygenAssist(key, 0x20), 0xFF);
        keys[7] = key = Mix(key, Aes.KeygenAssist(key, 0x40), 0xFF);
        keys[8] = key = Mix(key, Aes.KeygenAssist(key, 0x80), 0xFF);
        keys[9] = key = Mix(key, Aes.KeygenAssist(key, 0x1B), 0xFF);
        keys[10] = Mix(key, Aes.KeygenAssist(key, 0x36), 0xFF);
    }

    private static void Expand256(Vector128<byte> even, Vector128<byte> odd, Vector128<byte>* keys)
    {
        keys[0] = even;
        keys[1] = odd;
        keys[2] = even = Mix(even, Aes.KeygenAssist(odd, 0x01), 0xFF);
        keys[3] = odd = Mix(odd, Aes.KeygenAssist(even, 0x00), 0xAA);
        keys[4] = even = Mix(even, Aes.KeygenAssist(odd, 0x02), 0xFF);
        keys[5] = odd = Mix(odd, Aes.KeygenAssist(even, 0x00), 0xAA);
        keys[6] = even = Mix(even, Aes.KeygenAssist(odd, 0x04), 0xFF);
        keys[7] = odd = Mix(odd, Aes.KeygenAssist(even, 0x00), 0xAA);
        keys[8] = even = Mix(even, Aes.KeygenAssist(odd, 0x08), 0xFF);
        keys[9] = odd = Mix(odd, Aes.KeygenAssist(even, 0x00), 0xAA);
        keys[10] = even = Mix(even, Aes.KeygenAssist(odd, 0x10), 0xFF);
        keys[11] = odd = Mix(odd, Aes.KeygenAssist(even, 0x00), 0xAA);
        keys[12] = even = Mix(even, Aes.KeygenAssist(odd, 0x20), 0xFF);
        keys[13] = odd = Mix(odd, Aes.KeygenAssist(even, 0x00), 0xAA);
        keys[14] = Mix(even, Aes.KeygenAssist(odd, 0x40), 0xFF);
    }

    /// <summary>Four words of the schedule from the four before them: each is xored with all to its left, and with the word that the assist made (the one of <paramref name="word"/>).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Mix(Vector128<byte> key, Vector128<byte> assist, [ConstantExpected] byte word)
    {
        key ^= Sse2.ShiftLeftLogical128BitLane(key, 4);
        key ^= Sse2.ShiftLeftLogical128BitLane(key, 8);
        return key ^ Sse2.Shuffle(assist.AsUInt32(), word).AsByte();
    }
}
