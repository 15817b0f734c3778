using System.Security.Cryptography;
using Weft.Proxy.Tls.Records;

namespace Weft.Proxy.Tests.Tls.Records;

/// <summary>Keys of a traffic secret, against the BCL's HKDF and the example of RFC 8448.</summary>
public sealed class TrafficKeysTests
{
    [Fact]
    public void ExampleOfRfc8448_HasItsKeys()
    {
        // RFC 8448, 3: "{server} derive write traffic keys for application data".
        byte[] secret = Convert.FromHexString("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643");
        byte[] key = new byte[16], iv = new byte[12];
        TrafficKeys.ExpandLabel(secret, "tls13 key"u8, key);
        TrafficKeys.ExpandLabel(secret, "tls13 iv"u8, iv);
        Assert.Equal("9f02283b6c9c07efc26bb9f2ac92e356", Convert.ToHexStringLower(key));
        Assert.Equal("cf782b88dd83549aadf1e984", Convert.ToHexStringLower(iv));
    }

    [Theory]
    [InlineData(32)]
    [InlineData(48)]
    public void Labels_AreExpandedAsTheBclDoes(int secretBytes)
    {
        Random random = new(secretBytes);
        byte[] secret = new byte[secretBytes];
        HashAlgorithmName hash = secretBytes == 32 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA384;
        foreach ((string label, int length) in new[] { ("tls13 key", 16), ("tls13 key", 32), ("tls13 iv", 12), ("tls13 traffic upd", secretBytes) })
        {
            random.NextBytes(secret);
            byte[] text = System.Text.Encoding.ASCII.GetBytes(label), output = new byte[length];
            TrafficKeys.ExpandLabel(secret, text, output);
            Assert.Equal(HKDF.Expand(hash, secret, length, [0, (byte)length, (byte)text.Length, .. text, 0]), output);
        }
    }

    [Theory]
    [InlineData(32)]
    [InlineData(48)]
    public unsafe void Records_AreWhatTheBclMakesOfThem(int secretBytes)
    {
        Random random = new(secretBytes);
        byte[] secret = new byte[secretBytes], content = new byte[333], record = new byte[content.Length + 17], header = [23, 3, 3, 1, 94];
        random.NextBytes(secret);
        random.NextBytes(content);
        HashAlgorithmName hash = secretBytes == 32 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA384;
        TrafficKeys keys = default;
        keys.Take(secret);
        keys.Start(0xFFFF_FFFF);
        for (int update = 0; update < 3; update++)
        {
            int keyBytes = secretBytes == 32 ? 16 : 32;
            byte[] key = HKDF.Expand(hash, secret, keyBytes, [0, (byte)keyBytes, 9, .. "tls13 key"u8, 0]), iv = HKDF.Expand(hash, secret, 12, [0, 12, 8, .. "tls13 iv"u8, 0]);
            using AesGcm bcl = new(key, 16);
            for (ulong i = 0; i < 3; i++)
            {
                ulong sequence = keys.Sequence;
                Assert.Equal((update == 0 ? 0xFFFF_FFFF : 0) + i, sequence);
                byte[] nonce = [.. iv], expected = new byte[content.Length + 17];
                for (int at = 0; at < 8; at++)
                    nonce[11 - at] ^= (byte)(sequence >> (8 * at));
                bcl.Encrypt(nonce, [.. content, 23], expected.AsSpan(0, content.Length + 1), expected.AsSpan(content.Length + 1), header);
                fixed (byte* source = content, target = record)
                    keys.Seal(header, source, content.Length, 23, target);
                Assert.Equal(expected, record);
            }

            secret = HKDF.Expand(hash, secret, secretBytes, [0, (byte)secretBytes, 17, .. "tls13 traffic upd"u8, 0]);
            keys.Update();
        }

        keys.Clear();
        Assert.Equal(-1, new ReadOnlySpan<byte>(&keys, sizeof(TrafficKeys)).IndexOfAnyExcept((byte)0));
    }
}
