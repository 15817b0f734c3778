using System.Text;
using Weft.Wire.Http;

namespace Weft.Wire.Tests.Http;

public sealed class KnownHeadersTests
{
    [Fact]
    public void EveryName_ResolvesInAnyCase()
    {
        foreach (KnownHeader header in Enum.GetValues<KnownHeader>().Where(h => h != KnownHeader.None))
        {
            string name = Encoding.ASCII.GetString(KnownHeaders.Name(header));
            Assert.Equal(header, KnownHeaders.Resolve(Encoding.ASCII.GetBytes(name)));
            Assert.Equal(header, KnownHeaders.Resolve(Encoding.ASCII.GetBytes(name.ToUpperInvariant())));
            Assert.Equal(header.ToString(), name.Replace("-", ""), ignoreCase: true);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("x-unknown")]
    [InlineData("hosts")]
    [InlineData("hst")]
    [InlineData("content_length")]
    [InlineData("transfer_encoding")]
    [InlineData("x-envoy-upstream-rq-per-try-timeout-ms-and-much-more-than-that")]
    public void OtherNames_ResolveToNone(string name) => Assert.Equal(KnownHeader.None, KnownHeaders.Resolve(Encoding.ASCII.GetBytes(name)));

    [Fact]
    public void EveryTokenByteInEveryPlace_ResolvesOnlyToItsOwnLetter()
    {
        foreach (KnownHeader header in Enum.GetValues<KnownHeader>().Where(h => h != KnownHeader.None))
        {
            byte[] name = KnownHeaders.Name(header).ToArray();
            for (int i = 0; i < name.Length; i++)
            {
                byte own = name[i];
                for (int value = 0x21; value < 0x7F; value++)
                {
                    name[i] = (byte)value;
                    if (HeaderSyntax.IsToken(name) && char.ToLowerInvariant((char)value) != own)
                        Assert.NotEqual(header, KnownHeaders.Resolve(name));
                }

                name[i] = own;
            }
        }
    }

    [Fact]
    public void Count_FitsTheEnum() => Assert.Equal(Enum.GetValues<KnownHeader>().Length - 1, KnownHeaders.Count);
}
