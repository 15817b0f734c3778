using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using Aes = System.Runtime.Intrinsics.X86.Aes;

namespace Weft.Proxy.Tls.Records;

/// <summary>
/// AES-GCM (NIST SP 800-38D) with 12-byte nonces and 16-byte tags, on the processor's AES and carry-less multiplication. A key with what is derived from it, as plain
/// memory that its owner zeroes (<see cref="Clear"/>); nothing allocates. No branch and no address depends on a key or on data. Several messages may be sealed and
/// opened with one key at once, for nothing changes in it; that no nonce is used twice is the caller's affair.
/// </summary>
internal unsafe struct AesGcmKey
{
    internal const int NonceBytes = 12;
    internal const int TagBytes = 16;

    private const int BlockBytes = 16;
    private const int Lanes = 8;
    private const int ChunkBytes = Lanes * BlockBytes;
    private const int MaxRounds = 14;

    private fixed byte schedule[(MaxRounds + 1) * BlockBytes];

    /// <summary>The powers H, H², … H⁸ of the hash key in the reflected form of POLYVAL (RFC 8452, appendix A), which needs no bit reversal.</summary>
    private fixed byte powers[Lanes * BlockBytes];

    private int rounds;

    /// <summary>Whether the processor has the instructions. Where it is false, nothing else here may be called.</summary>
    internal static bool IsSupported => Aes.IsSupported && Pclmulqdq.IsSupported && Ssse3.IsSupported;

    private static Vector128<byte> Reversal => Vector128.Create(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0).AsByte();

    /// <summary>Expands a key of 16 or 32 bytes.</summary>
    internal void Set(ReadOnlySpan<byte> key)
    {
        fixed (byte* scheduleBytes = schedule, powerBytes = powers)
        {
            rounds = AesKeySchedule.Expand(key, (Vector128<byte>*)scheduleBytes);
            Vector128<byte>* power = (Vector128<byte>*)powerBytes;
            Vector128<byte> hashKey = Ssse3.Shuffle(EncryptBlock((Vector128<byte>*)scheduleBytes, rounds, Vector128<byte>.Zero), Reversal);
            power[0] = TimesX(hashKey);
            for (int i = 1; i < Lanes; i++)
                power[i] = Multiply(power[i - 1], power[0]);
        }
    }

    /// <summary>Zeroes key and schedule.</summary>
    internal void Clear() => CryptographicOperations.ZeroMemory(new Span<byte>(Unsafe.AsPointer(ref this), sizeof(AesGcmKey)));

    /// <summary>
    /// Encrypts <paramref name="length"/> bytes and one more, <paramref name="trailer"/> (a record's inner content type), and writes the tag behind them:
    /// <paramref name="length"/> + 17 bytes. Source and target are the same or do not overlap.
    /// </summary>
    internal readonly void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, byte* source, int length, byte trailer, byte* target)
    {
        fixed (byte* scheduleBytes = schedule, powerBytes = powers)
        {
            Vector128<byte>* keys = (Vector128<byte>*)scheduleBytes;
            Vector128<byte>* power = (Vector128<byte>*)powerBytes;
            Vector128<byte> counter = FirstCounter(nonce);
            Vector128<byte> mask = EncryptBlock(keys, rounds, Ssse3.Shuffle(counter, Reversal));
            Vector128<byte> hash = HashPadded(power, Vector128<byte>.Zero, associated);
            int total = length + 1, at = 0;
            for (; length - at >= ChunkBytes; at += ChunkBytes)
            {
                counter = XorKeystream(keys, rounds, counter, source + at, target + at);
                hash = Hash(power, hash, target + at, Lanes);
            }

            // The rest has up to 127 bytes, and the trailer behind it.
            byte* tail = stackalloc byte[ChunkBytes];
            Span<byte> rest = new(tail, ChunkBytes);
            int left = length - at;
            new ReadOnlySpan<byte>(source + at, left).CopyTo(rest);
            tail[left++] = trailer;
            XorKeystreamOf(keys, rounds, counter, tail, left);
            new ReadOnlySpan<byte>(tail, left).CopyTo(new Span<byte>(target + at, left));
            rest[left..].Clear();
            hash = Hash(power, hash, tail, (left + BlockBytes - 1) / BlockBytes);
            Finish(power, hash, mask, associated.Length, total).Store(target + total);
        }
    }

    /// <summary>
    /// Decrypts <paramref name="length"/> bytes when the tag behind them is right. Else false, and the target is as it was: the tag is checked, in constant time,
    /// before anything is decrypted. Source and target are the same or do not overlap.
    /// </summary>
    internal readonly bool Open(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, byte* source, int length, byte* target)
    {
        fixed (byte* scheduleBytes = schedule, powerBytes = powers)
        {
            Vector128<byte>* keys = (Vector128<byte>*)scheduleBytes;
            Vector128<byte>* power = (Vector128<byte>*)powerBytes;
            Vector128<byte> counter = FirstCounter(nonce);
            Vector128<byte> mask = EncryptBlock(keys, rounds, Ssse3.Shuffle(counter, Reversal));
            Vector128<byte> hash = HashPadded(power, Vector128<byte>.Zero, associated);
            hash = HashPadded(power, hash, new ReadOnlySpan<byte>(source, length));
            Vector128<byte> expected = Finish(power, hash, mask, associated.Length, length);
            if ((expected ^ Vector128.Load(source + length)) != Vector128<byte>.Zero)
                return false;
            int at = 0;
            for (; length - at >= ChunkBytes; at += ChunkBytes)
                counter = XorKeystream(keys, rounds, counter, source + at, target + at);
            int left = length - at;
            if (left > 0)
            {
                byte* tail = stackalloc byte[ChunkBytes];
                new ReadOnlySpan<byte>(source + at, left).CopyTo(new Span<byte>(tail, ChunkBytes));
                XorKeystreamOf(keys, rounds, counter, tail, left);
                new ReadOnlySpan<byte>(tail, left).CopyTo(new Span<byte>(target + at, left));
                CryptographicOperations.ZeroMemory(new Span<byte>(tail, ChunkBytes));
            }

            return true;
        }
    }

    /// <summary>Counter 1 of a nonce, reversed as a whole, so that the counter is the lowest lane and can be added to.</summary>
    private static Vector128<byte> FirstCounter(ReadOnlySpan<byte> nonce)
    {
        ulong high = BinaryPrimitives.ReadUInt64BigEndian(nonce);
        ulong low = ((ulong)BinaryPrimitives.ReadUInt32BigEndian(nonce[8..]) << 32) | 1;
        return Vector128.Create(low, high).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Next(Vector128<byte> counter) => Sse2.Add(counter.AsUInt32(), Vector128.CreateScalar(1u)).AsByte();

    private static Vector128<byte> EncryptBlock(Vector128<byte>* keys, int rounds, Vector128<byte> block)
    {
        block ^= keys[0];
        for (int i = 1; i < rounds; i++)
            block = Aes.Encrypt(block, keys[i]);
        return Aes.EncryptLast(block, keys[rounds]);
    }

    /// <summary>Eight blocks of counter mode at once: the processor's AES has a latency of several cycles and takes a new block in each.</summary>
    private static Vector128<byte> XorKeystream(Vector128<byte>* keys, int rounds, Vector128<byte> counter, byte* source, byte* target)
    {
        Vector128<byte> reversal = Reversal, key = keys[0];
        Vector128<byte> b0 = Ssse3.Shuffle(counter = Next(counter), reversal) ^ key;
        Vector128<byte> b1 = Ssse3.Shuffle(counter = Next(counter), reversal) ^ key;
        Vector128<byte> b2 = Ssse3.Shuffle(counter = Next(counter), reversal) ^ key;
        Vector128<byte> b3 = Ssse3.Shuffle(counter = Next(counter), reversal) ^ key;
        Vector128<byte> b4 = Ssse3.Shuffle(counter = Next(counter), reversal) ^ key;
        Vector128<byte> b5 = Ssse3.Shuffle(counter = Next(counter), reversal) ^ key;
        Vector128<byte> b6 = Ssse3.Shuffle(counter = Next(counter), reversal) ^ key;
        Vector128<byte> b7 = Ssse3.Shuffle(counter = Next(counter), reversal) ^ key;
        for (int i = 1; i < rounds; i++)
        {
            key = keys[i];
            b0 = Aes.Encrypt(b0, key);
            b1 = Aes.Encrypt(b1, key);
            b2 = Aes.Encrypt(b2, key);
            b3 = Aes.Encrypt(b3, key);
            b4 = Aes.Encrypt(b4, key);
            b5 = Aes.Encrypt(b5, key);
            b6 = Aes.Encrypt(b6, key);
            b7 = Aes.Encrypt(b7, key);
        }

        key = keys[rounds];
        (Aes.EncryptLast(b0, key) ^ Vector128.Load(source)).Store(target);
        (Aes.EncryptLast(b1, key) ^ Vector128.Load(source + 16)).Store(target + 16);
        (Aes.EncryptLast(b2, key) ^ Vector128.Load(source + 32)).Store(target + 32);
        (Aes.EncryptLast(b3, key) ^ Vector128.Load(source + 48)).Store(target + 48);
        (Aes.EncryptLast(b4, key) ^ Vector128.Load(source + 64)).Store(target + 64);
        (Aes.EncryptLast(b5, key) ^ Vector128.Load(source + 80)).Store(target + 80);
        (Aes.EncryptLast(b6, key) ^ Vector128.Load(source + 96)).Store(target + 96);
        (Aes.EncryptLast(b7, key) ^ Vector128.Load(source + 112)).Store(target + 112);
        return counter;
    }

    /// <summary>The same for a chunk of which only the first bytes are wanted: one block by itself, or all eight. What is behind them may become anything.</summary>
    private static void XorKeystreamOf(Vector128<byte>* keys, int rounds, Vector128<byte> counter, byte* chunk, int wanted)
    {
        if (wanted > BlockBytes)
            XorKeystream(keys, rounds, counter, chunk, chunk);
        else
            (EncryptBlock(keys, rounds, Ssse3.Shuffle(Next(counter), Reversal)) ^ Vector128.Load(chunk)).Store(chunk);
    }

    /// <summary>GHASH of one to eight whole blocks with one reduction at the end: (hash ^ X1)·Hⁿ ^ X2·Hⁿ⁻¹ ^ … ^ Xn·H.</summary>
    private static Vector128<byte> Hash(Vector128<byte>* power, Vector128<byte> hash, byte* blocks, int count)
    {
        Vector128<byte> reversal = Reversal;
        Vector128<ulong> x = (Ssse3.Shuffle(Vector128.Load(blocks), reversal) ^ hash).AsUInt64(), h = power[count - 1].AsUInt64();
        Vector128<ulong> low = Pclmulqdq.CarrylessMultiply(x, h, 0x00), high = Pclmulqdq.CarrylessMultiply(x, h, 0x11);
        Vector128<ulong> middle = Pclmulqdq.CarrylessMultiply(x, h, 0x01) ^ Pclmulqdq.CarrylessMultiply(x, h, 0x10);
        for (int i = 1; i < count; i++)
        {
            x = Ssse3.Shuffle(Vector128.Load(blocks + (i * BlockBytes)), reversal).AsUInt64();
            h = power[count - 1 - i].AsUInt64();
            low ^= Pclmulqdq.CarrylessMultiply(x, h, 0x00);
            high ^= Pclmulqdq.CarrylessMultiply(x, h, 0x11);
            middle ^= Pclmulqdq.CarrylessMultiply(x, h, 0x01) ^ Pclmulqdq.CarrylessMultiply(x, h, 0x10);
        }

        return Reduce(low, middle, high);
    }

    /// <summary>GHASH of bytes that are padded with zeros to whole blocks.</summary>
    private static Vector128<byte> HashPadded(Vector128<byte>* power, Vector128<byte> hash, ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        fixed (byte* start = bytes)
        {
            for (; bytes.Length - at >= ChunkBytes; at += ChunkBytes)
                hash = Hash(power, hash, start + at, Lanes);
            int whole = (bytes.Length - at) / BlockBytes;
            if (whole > 0)
                hash = Hash(power, hash, start + at, whole);
            at += whole * BlockBytes;
        }

        if (at == bytes.Length)
            return hash;
        Vector128<byte> last = Vector128<byte>.Zero;
        bytes[at..].CopyTo(new Span<byte>(&last, BlockBytes));
        return Hash(power, hash, (byte*)&last, 1);
    }

    /// <summary>The tag: the block of both lengths in bits, hashed, and the encrypted first counter.</summary>
    private static Vector128<byte> Finish(Vector128<byte>* power, Vector128<byte> hash, Vector128<byte> mask, int associatedBytes, int bytes)
    {
        Vector128<byte> lengths = Vector128.Create((ulong)bytes * 8, (ulong)associatedBytes * 8).AsByte();
        return Ssse3.Shuffle(Multiply(hash ^ lengths, power[0]), Reversal) ^ mask;
    }

    private static Vector128<byte> Multiply(Vector128<byte> a, Vector128<byte> b)
    {
        Vector128<ulong> x = a.AsUInt64(), y = b.AsUInt64();
        return Reduce(
            Pclmulqdq.CarrylessMultiply(x, y, 0x00),
            Pclmulqdq.CarrylessMultiply(x, y, 0x01) ^ Pclmulqdq.CarrylessMultiply(x, y, 0x10),
            Pclmulqdq.CarrylessMultiply(x, y, 0x11));
    }

    /// <summary>
    /// A product of 256 bits modulo x¹²⁸ + x¹²⁷ + x¹²⁶ + x¹²¹ + 1, times x⁻¹²⁸ (Montgomery): the polynomial's low half is 1, so each half of the low
    /// 128 bits is taken away by adding itself times the polynomial's upper part.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Reduce(Vector128<ulong> low, Vector128<ulong> middle, Vector128<ulong> high)
    {
        Vector128<ulong> polynomial = Vector128.CreateScalar(0xC200000000000000UL);
        low ^= Sse2.ShiftLeftLogical128BitLane(middle, 8);
        high ^= Sse2.ShiftRightLogical128BitLane(middle, 8);
        low = Sse2.Shuffle(low.AsUInt32(), 0x4E).AsUInt64() ^ Pclmulqdq.CarrylessMultiply(low, polynomial, 0x00);
        low = Sse2.Shuffle(low.AsUInt32(), 0x4E).AsUInt64() ^ Pclmulqdq.CarrylessMultiply(low, polynomial, 0x00);
        return (high ^ low).AsByte();
    }

    /// <summary>RFC 8452's mulX_POLYVAL, without a branch: twice the number, and the polynomial where a bit fell out.</summary>
    private static Vector128<byte> TimesX(Vector128<byte> value)
    {
        ulong low = value.AsUInt64()[0], high = value.AsUInt64()[1], carry = 0UL - (high >> 63);
        return Vector128.Create((low << 1) ^ (carry & 1), ((high << 1) | (low >> 63)) ^ (carry & 0xC200000000000000UL)).AsByte();
    }
}
