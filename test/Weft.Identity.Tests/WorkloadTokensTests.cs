using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Weft.Identity.Tests;

public class WorkloadTokensTests
{
    private static readonly SpiffeId Reviews = SpiffeId.ForWorkload("cluster.local", "default", "reviews");
    private static readonly byte[] Key = WorkloadTokens.NewKey();

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly WorkloadTokens _tokens;

    public WorkloadTokensTests() => _tokens = new WorkloadTokens(Key, _time);

    [Fact]
    public void OwnToken_ProvesTheIdentity()
    {
        Assert.True(_tokens.TryVerify(_tokens.Issue(Reviews, TimeSpan.FromHours(1)), out var identity, out _));
        Assert.Equal(Reviews, identity);
    }

    [Fact]
    public void TokenPastItsEnd_IsRefused()
    {
        var token = _tokens.Issue(Reviews, TimeSpan.FromHours(1));
        _time.Advance(TimeSpan.FromHours(1));

        Assert.Contains("ended", Refusal(token));
    }

    [Fact]
    public void TokenForAnotherAudience_IsRefused() =>
        Assert.Contains("kubernetes", Refusal(_tokens.Issue(Reviews, TimeSpan.FromHours(1), "kubernetes")));

    [Fact]
    public void TokenOfAnotherControlPlane_IsRefused() =>
        Assert.Contains("not signed", Refusal(new WorkloadTokens(WorkloadTokens.NewKey(), _time).Issue(Reviews, TimeSpan.FromHours(1))));

    [Fact]
    public void TokenOfTheFuture_IsRefused()
    {
        var ahead = new FakeTimeProvider(_time.GetUtcNow().AddHours(2));

        Assert.Contains("future", Refusal(new WorkloadTokens(Key, ahead).Issue(Reviews, TimeSpan.FromHours(1))));
    }

    [Theory]
    [InlineData("""{"alg":"none"}""")]
    [InlineData("""{"alg":"RS256"}""")]
    [InlineData("""{}""")]
    [InlineData("""[]""")]
    [InlineData("""garbage""")]
    public void OtherAlgorithms_AreRefused_EvenWithTheRightKey(string header) =>
        Assert.NotNull(Refusal(Signed(header, Claims("spiffe://cluster.local/ns/a/sa/b"))));

    [Theory]
    [InlineData("""{"sub":"spiffe://td/a","aud":"istio-ca"}""")]
    [InlineData("""{"sub":"spiffe://td/a","aud":"istio-ca","exp":"tomorrow"}""")]
    [InlineData("""{"sub":"spiffe://td/a","aud":"istio-ca","exp":9e99}""")]
    [InlineData("""{"sub":"spiffe://td/a","aud":"istio-ca","exp":999999999999999999}""")]
    [InlineData("""{"aud":"istio-ca","exp":9999999999}""")]
    [InlineData("""{"sub":"admin","aud":"istio-ca","exp":9999999999}""")]
    [InlineData("""{"sub":"spiffe://td/a","exp":9999999999}""")]
    [InlineData("""null""")]
    public void ClaimsThatAreMissingOrWrong_AreRefused(string claims) => Assert.NotNull(Refusal(Signed("""{"alg":"HS256"}""", claims)));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a.b")]
    [InlineData("a.b.c.d")]
    [InlineData("!.!.!")]
    public void WhatIsNoToken_IsRefused(string? text) => Assert.NotNull(Refusal(text));

    [Fact]
    public void TokenThatIsTooLong_IsRefused() => Assert.Contains("4096", Refusal(new string('a', 5_000)));

    [Fact]
    public void AnyChangedCharacter_IsRefused()
    {
        var token = _tokens.Issue(Reviews, TimeSpan.FromHours(1));
        Gen.Select(Gen.Int[0, token.Length - 1], Gen.Char["abcXYZ019-_"]).Sample((at, character) =>
        {
            if (token[at] != character)
            {
                var changed = token[..at] + character + token[(at + 1)..];

                // The last character of a part may carry bits that do not count.
                Assert.True(!_tokens.TryVerify(changed, out var identity, out _) || identity == Reviews);
            }
        });
    }

    [Fact]
    public void ShortKey_IsRefused() => Assert.Throws<IdentityException>(() => new WorkloadTokens(new byte[16], _time));

    private static string Claims(string subject) => $$"""{"sub":"{{subject}}","aud":"istio-ca","exp":9999999999}""";

    private static string Signed(string header, string claims)
    {
        var text = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}";
        return $"{text}.{Base64Url.EncodeToString(HMACSHA256.HashData(Key, Encoding.ASCII.GetBytes(text)))}";
    }

    private string Refusal(string? token)
    {
        Assert.False(_tokens.TryVerify(token, out _, out var error));
        Assert.EndsWith(".", error);
        return error;
    }
}
