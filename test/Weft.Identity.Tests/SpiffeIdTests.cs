using CsCheck;

namespace Weft.Identity.Tests;

public class SpiffeIdTests
{
    [Fact]
    public void WorkloadId_HasItsParts()
    {
        var id = SpiffeId.Parse("spiffe://cluster.local/ns/default/sa/reviews");

        Assert.Equal(("cluster.local", "default", "reviews"), (id.TrustDomain, id.Namespace, id.ServiceAccount));
    }

    [Theory]
    [InlineData("spiffe://td")]
    [InlineData("spiffe://td/a/b")]
    [InlineData("spiffe://td/ns/a/sa/b/c")]
    public void OtherForms_AreIdsWithoutANamespace(string text)
    {
        Assert.True(SpiffeId.TryParse(text, out var id, out _));
        Assert.Null(id.Namespace);
        Assert.Null(id.ServiceAccount);
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("https://td/a")]
    [InlineData("SPIFFE://td/a")]
    [InlineData("spiffe:///a")]
    [InlineData("spiffe://TD/a")]
    [InlineData("spiffe://td:80/a")]
    [InlineData("spiffe://user@td/a")]
    [InlineData("spiffe://td/")]
    [InlineData("spiffe://td/a/")]
    [InlineData("spiffe://td//a")]
    [InlineData("spiffe://td/./a")]
    [InlineData("spiffe://td/a/..")]
    [InlineData("spiffe://td/a?b=c")]
    [InlineData("spiffe://td/a#b")]
    [InlineData("spiffe://td/a%41")]
    [InlineData("spiffe://td/ä")]
    [InlineData("spiffe://td/a\n")]
    [InlineData("spiffe://td/a\0")]
    public void WhatIsNotAnId_IsRefusedWithASentence(string? text)
    {
        Assert.False(SpiffeId.TryParse(text, out _, out var error));
        Assert.EndsWith(".", error);
    }

    [Fact]
    public void TooLongIds_AreRefused_AndTheSentenceStaysShort()
    {
        Assert.False(SpiffeId.TryParse("spiffe://td/" + new string('a', 3_000), out _, out var error));
        Assert.True(error.Length < 300);
        Assert.False(SpiffeId.TryParse($"spiffe://{new string('a', 256)}/a", out _, out _));
    }

    [Fact]
    public void PartsThatBreakOutOfTheirPlace_AreRefused() =>
        Assert.Throws<FormatException>(() => SpiffeId.ForWorkload("cluster.local", "a/sa/admin", "x/../.."));

    [Fact]
    public void WhatWasRead_IsWrittenTheSame() =>
        Gen.Select(Gen.String[Gen.Char["abz09.-_"], 1, 20], Gen.String[Gen.Char["aZ09-_"], 1, 20].Array[0, 5]).Sample((domain, path) =>
        {
            var text = $"spiffe://{domain}{string.Concat(path.Select(p => "/" + p))}";
            Assert.Equal(text, SpiffeId.Parse(text).ToString());
        });
}
