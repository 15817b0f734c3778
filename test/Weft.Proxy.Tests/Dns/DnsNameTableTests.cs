using Istio.Networking.Nds.V1;
using Weft.Proxy.Dns;

namespace Weft.Proxy.Tests.Dns;

/// <summary>Which names a table knows.</summary>
public sealed class DnsNameTableTests
{
    private static readonly DnsNameTable s_table = DnsNameTable.From(
        new NameTable
        {
            Table =
            {
                ["reviews.default.svc.cluster.local"] = new() { Ips = { "10.0.0.1", "10.0.0.2" }, Registry = "Kubernetes", Shortname = "reviews", Namespace = "default" },
                ["ratings.prod.svc.cluster.local"] = new() { Ips = { "10.0.0.3" }, Registry = "Kubernetes", Shortname = "ratings", Namespace = "prod" },
                ["api.partner.example"] = new() { Ips = { "240.240.0.1", "nonsense" }, Registry = "External" },
                ["*.wild.example"] = new() { Ips = { "240.240.0.2" }, Registry = "External" },
                ["nobody.default.svc.cluster.local"] = new() { Registry = "Kubernetes", Shortname = "nobody", Namespace = "default" },
                ["other.default.svc.cluster.local"] = new() { Ips = { "10.0.0.9" }, Registry = "Kubernetes", Shortname = "other", Namespace = "default", AltHosts = { "alias" } },
            },
        },
        "default",
        ["corp.example", "."]);

    [Theory]
    [InlineData("reviews.default.svc.cluster.local", "10.0.0.1,10.0.0.2")]
    [InlineData("reviews.default.svc", "10.0.0.1,10.0.0.2")]
    [InlineData("reviews.default", "10.0.0.1,10.0.0.2")]
    [InlineData("reviews", "10.0.0.1,10.0.0.2")]
    [InlineData("reviews.corp.example", "10.0.0.1,10.0.0.2")]
    [InlineData("ratings.prod", "10.0.0.3")]
    [InlineData("ratings", null)]
    [InlineData("api.partner.example", "240.240.0.1")]
    [InlineData("api.partner.example.corp.example", "240.240.0.1")]
    [InlineData("partner.example", null)]
    [InlineData("a.wild.example", "240.240.0.2")]
    [InlineData("a.b.wild.example", "240.240.0.2")]
    [InlineData("wild.example", null)]
    [InlineData("nobody", "")]
    [InlineData("alias", "10.0.0.9")]
    [InlineData("other", null)]
    [InlineData("corp.example", null)]
    [InlineData(".corp.example", null)]
    [InlineData("", null)]
    public void Name_IsKnownOrNot(string name, string? addresses)
    {
        Assert.Equal(addresses is not null, s_table.TryFind(name, out var found));
        Assert.Equal(addresses ?? "", string.Join(',', found.Select(address => address.ToString())));
    }

    [Fact]
    public void ResolvConf_IsRead()
    {
        ResolverSettings settings = ResolverSettings.Parse("# comment\nnameserver 192.0.2.1\nnameserver garbage\nnameserver 2001:db8::1 # x\nsearch a.example b.example\noptions ndots:5\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver");
        Assert.Equal(["192.0.2.1:53", "[2001:db8::1]:53", "192.0.2.2:53"], settings.Servers.Select(server => server.ToString()));
        Assert.Equal(["a.example", "b.example"], settings.SearchDomains);
        Assert.Empty(ResolverSettings.Parse("").Servers);
    }
}
