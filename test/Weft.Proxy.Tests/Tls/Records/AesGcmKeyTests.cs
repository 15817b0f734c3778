using System.Security.Cryptography;
using Weft.Proxy.Tls.Records;

namespace Weft.Proxy.Tests.Tls.Records;

/// <summary>The cipher against another implementation (the BCL's, which is OpenSSL's) and against published vectors.</summary>
public sealed unsafe class AesGcmKeyTests
{
    private const byte Type = 23;

    public static TheoryData<string, string, string, string, string, string> Published => new()
    {
        // McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B: test cases 1, 2, 3, 4, 13, 14, 15 and 16.
        { "00000000000000000000000000000000", "000000000000000000000000", "", "", "", "58e2fccefa7e3061367f1d57a4e7455a" },
        { "00000000000000000000000000000000", "000000000000000000000000", "", "00000000000000000000000000000000", "0388dace60b6a392f328c2b971b2fe78", "ab6e47d42cec13bdf53a67b21257bddf" },
        {
            "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
            "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985",
            "4d5c2af327cd64a62cf35abd2ba6fab4"
        },
        {
            "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
            "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
            "5bc94fbc3221a5db94fae95ae7121a47"
        },
        { "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b" },
        {
            "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18",
            "d0d1c8a799996bf0265b98b5d48ab919"
        },
        {
            "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
            "b094dac5d93471bdec1a502270e3cc6c"
        },
        {
            "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
            "76fc6ece0f4e1768cddf8853bb2d551b"
        },
    };

    [Theory]
    [MemberData(nameof(Published))]
    public void PublishedVectors_AreMet(string key, string nonce, string associated, string plaintext, string ciphertext, string tag)
    {
        using Cipher cipher = new(Convert.FromHexString(key));
        byte[] sealedBytes = Convert.FromHexString(ciphertext + tag), plain = Convert.FromHexString(plaintext);
        Assert.Equal(plain, cipher.Open(Convert.FromHexString(nonce), Convert.FromHexString(associated), sealedBytes));
        if (plain.Length == 0)
            return;
        // The last byte of the plaintext goes the way of a record's content type.
        Assert.Equal(sealedBytes, cipher.Seal(Convert.FromHexString(nonce), Convert.FromHexString(associated), plain[..^1], plain[^1], inPlace: false));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    public void EveryShortLengthAndManyOthers_AreAsTheOtherImplementationHasThem(int keyBytes)
    {
        Random random = new(keyBytes);
        for (int i = 0; i < 1500; i++)
        {
            byte[] key = Bytes(random, keyBytes), nonce = Bytes(random, 12), associated = Bytes(random, i % 3 == 0 ? random.Next(0, 300) : 5);
            byte[] plain = Bytes(random, i <= 300 ? i : i < 1400 ? random.Next(0, 4000) : random.Next(0, 17001));
            using Cipher cipher = new(key);
            using AesGcm other = new(key, 16);
            byte[] content = [.. plain, Type], expected = new byte[content.Length + 16];
            other.Encrypt(nonce, content, expected.AsSpan(0, content.Length), expected.AsSpan(content.Length), associated);

            Assert.Equal(expected, cipher.Seal(nonce, associated, plain, Type, inPlace: false));
            Assert.Equal(expected, cipher.Seal(nonce, associated, plain, Type, inPlace: true));
            Assert.Equal(content, cipher.Open(nonce, associated, expected));
            Assert.Equal(content, cipher.Open(nonce, associated, expected, inPlace: true));

            // Without the trailing type, so that every length from nothing is opened too.
            byte[] whole = new byte[plain.Length + 16];
            other.Encrypt(nonce, plain, whole.AsSpan(0, plain.Length), whole.AsSpan(plain.Length), associated);
            Assert.Equal(plain, cipher.Open(nonce, associated, whole));
        }
    }

    [Fact]
    public void AnyChangedBit_IsRefusedAndNothingIsDecrypted()
    {
        Random random = new(5);
        using Cipher cipher = new(Bytes(random, 16));
        byte[] nonce = Bytes(random, 12), associated = Bytes(random, 5);
        foreach (int length in new[] { 0, 1, 15, 16, 100, 128, 129, 300 })
        {
            byte[] good = cipher.Seal(nonce, associated, Bytes(random, length), Type, inPlace: false);
            for (int bit = 0; bit < good.Length * 8; bit++)
            {
                byte[] bad = [.. good];
                bad[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.Null(cipher.Open(nonce, associated, bad));
                if (bit % 31 == 0)
                    Assert.Null(cipher.Open(nonce, associated, bad, inPlace: true));
            }

            for (int bit = 0; bit < associated.Length * 8; bit++)
            {
                byte[] bad = [.. associated];
                bad[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.Null(cipher.Open(nonce, bad, good));
            }

            for (int bit = 0; bit < nonce.Length * 8; bit++)
            {
                byte[] bad = [.. nonce];
                bad[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.Null(cipher.Open(bad, associated, good));
            }

            Assert.NotNull(cipher.Open(nonce, associated, good));
        }
    }

    [Fact]
    public void ClearedKey_HasNothingLeft()
    {
        AesGcmKey key = default;
        key.Set(Bytes(new Random(1), 32));
        key.Clear();
        Assert.Equal(-1, new ReadOnlySpan<byte>(&key, sizeof(AesGcmKey)).IndexOfAnyExcept((byte)0));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(24)]
    [InlineData(33)]
    public void OtherKeyLengths_AreRefused(int length)
    {
        AesGcmKey key = default;
        Assert.Throws<ArgumentException>(() => key.Set(new byte[length]));
    }

    private static byte[] Bytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>A key behind arrays, with guards around everything that is written.</summary>
    private sealed class Cipher : IDisposable
    {
        private const int Guard = 32;
        private AesGcmKey key;

        internal Cipher(byte[] bytes) => key.Set(bytes);

        public void Dispose() => key.Clear();

        internal byte[] Seal(byte[] nonce, byte[] associated, byte[] plain, byte type, bool inPlace)
        {
            byte[] target = Filled(plain.Length + 17);
            if (inPlace)
                plain.CopyTo(target, Guard);
            fixed (byte* source = plain, start = target)
                key.Seal(nonce, associated, inPlace ? start + Guard : source, plain.Length, type, start + Guard);
            return Within(target);
        }

        /// <summary>The plaintext; null when refused, and then nothing was written.</summary>
        internal byte[]? Open(byte[] nonce, byte[] associated, byte[] sealedBytes, bool inPlace = false)
        {
            int length = sealedBytes.Length - 16;
            byte[] target = Filled(inPlace ? sealedBytes.Length : length);
            if (inPlace)
                sealedBytes.CopyTo(target, Guard);
            byte[] before = [.. target];
            bool opened;
            fixed (byte* source = sealedBytes, start = target)
                opened = key.Open(nonce, associated, inPlace ? start + Guard : source, length, start + Guard);
            if (!opened)
                Assert.Equal(before, target);
            return opened ? Within(target)[..length] : null;
        }

        private static byte[] Filled(int length)
        {
            byte[] bytes = new byte[length + (2 * Guard)];
            Array.Fill(bytes, (byte)0xA5);
            return bytes;
        }

        private static byte[] Within(byte[] target)
        {
            Assert.Equal(-1, target.AsSpan(0, Guard).IndexOfAnyExcept((byte)0xA5));
            Assert.Equal(-1, target.AsSpan(target.Length - Guard).IndexOfAnyExcept((byte)0xA5));
            return target[Guard..^Guard];
        }
    }
}
