using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Weft.Proxy.Tls.Records;

/// <summary>
/// One direction of a TLS 1.3 connection (RFC 8446, 5.2, 5.3, 7.2, 7.3): its traffic secret, and the key, the IV and the sequence number that follow from it. Plain memory in the
/// session's native block, zeroed when the session ends.
/// </summary>
internal unsafe struct TrafficKeys
{
    internal const int MaxSecretBytes = 48;

    private AesGcmKey cipher;
    private fixed byte secret[MaxSecretBytes];
    private ulong ivHigh;
    private uint ivLow;

    /// <summary>0 until a secret was taken: 32 for SHA-256, 48 for SHA-384.</summary>
    internal int SecretBytes { get; private set; }

    /// <summary>The number of the next record.</summary>
    internal ulong Sequence { get; private set; }

    /// <summary>Keeps the secret; <see cref="Start"/> makes the keys.</summary>
    internal void Take(ReadOnlySpan<byte> newSecret)
    {
        fixed (byte* start = secret)
            newSecret.CopyTo(new Span<byte>(start, MaxSecretBytes));
        SecretBytes = newSecret.Length;
    }

    /// <summary>Makes the keys of the secret. The next record has the number <paramref name="sequence"/>.</summary>
    internal void Start(ulong sequence)
    {
        fixed (byte* start = secret)
        {
            ReadOnlySpan<byte> current = new(start, SecretBytes);
            Span<byte> key = stackalloc byte[SecretBytes == 32 ? 16 : 32];
            Span<byte> iv = stackalloc byte[AesGcmKey.NonceBytes];
            ExpandLabel(current, "tls13 key"u8, key);
            ExpandLabel(current, "tls13 iv"u8, iv);
            cipher.Set(key);
            ivHigh = BinaryPrimitives.ReadUInt64BigEndian(iv[4..]);
            ivLow = BinaryPrimitives.ReadUInt32BigEndian(iv);
            Sequence = sequence;
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(iv);
        }
    }

    /// <summary>Goes on to the next secret (KeyUpdate); the old one is gone.</summary>
    internal void Update()
    {
        fixed (byte* start = secret)
        {
            Span<byte> next = stackalloc byte[SecretBytes];
            ExpandLabel(new ReadOnlySpan<byte>(start, SecretBytes), "tls13 traffic upd"u8, next);
            next.CopyTo(new Span<byte>(start, SecretBytes));
            CryptographicOperations.ZeroMemory(next);
        }

        Start(0);
    }

    /// <summary>Protects the next record: <paramref name="length"/> bytes of content with their type into <paramref name="length"/> + 17 bytes at <paramref name="target"/>.</summary>
    internal void Seal(ReadOnlySpan<byte> header, byte* content, int length, byte type, byte* target)
    {
        Seal(Sequence, header, content, length, type, target);
        Sequence++;
    }

    /// <summary>The same for any record number. The caller answers for it that what was sealed with a number twice does not leave the process.</summary>
    internal readonly void Seal(ulong sequence, ReadOnlySpan<byte> header, byte* content, int length, byte type, byte* target)
    {
        Span<byte> nonce = stackalloc byte[AesGcmKey.NonceBytes];
        Nonce(sequence, nonce);
        cipher.Seal(nonce, header, content, length, type, target);
    }

    /// <summary>Opens the next record: decrypts <paramref name="length"/> bytes, behind which is the tag. False, and nothing written, when it was not made by the peer.</summary>
    internal bool Open(ReadOnlySpan<byte> header, byte* source, int length, byte* target)
    {
        Span<byte> nonce = stackalloc byte[AesGcmKey.NonceBytes];
        Nonce(Sequence, nonce);
        if (!cipher.Open(nonce, header, source, length, target))
            return false;
        Sequence++;
        return true;
    }

    /// <summary>
    /// HKDF-Expand-Label with an empty context (RFC 8446, 7.1); <paramref name="label"/> begins with "tls13 ". What is wanted is never longer than a hash, so HKDF-Expand
    /// is one HMAC (RFC 5869, 2.3: T(1)); the BCL's HKDF comes to the same with several objects for each.
    /// </summary>
    internal static void ExpandLabel(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> label, Span<byte> output)
    {
        Span<byte> info = stackalloc byte[5 + label.Length];
        BinaryPrimitives.WriteUInt16BigEndian(info, (ushort)output.Length);
        info[2] = (byte)label.Length;
        label.CopyTo(info[3..]);
        info[^2] = 0;
        info[^1] = 1;
        Span<byte> block = stackalloc byte[secret.Length];
        if (secret.Length == 32)
            HMACSHA256.HashData(secret, info, block);
        else
            HMACSHA384.HashData(secret, info, block);
        block[..output.Length].CopyTo(output);
        CryptographicOperations.ZeroMemory(block);
    }

    /// <summary>Zeroes everything.</summary>
    internal void Clear() => CryptographicOperations.ZeroMemory(new Span<byte>(Unsafe.AsPointer(ref this), sizeof(TrafficKeys)));

    private readonly void Nonce(ulong sequence, Span<byte> nonce)
    {
        BinaryPrimitives.WriteUInt32BigEndian(nonce, ivLow);
        BinaryPrimitives.WriteUInt64BigEndian(nonce[4..], ivHigh ^ sequence);
    }
}
