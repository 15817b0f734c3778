using Weft.Kernel.Capture;

namespace Weft.Kernel.Tests.Capture;

/// <summary>The ruleset as text: nothing that a user writes can become a rule of its own.</summary>
public sealed class NftablesRulesTests
{
    [Theory]
    [InlineData("10.0.0.0/8 accept; flush ruleset")]
    [InlineData("10.0.0.0/33")]
    [InlineData("example.com")]
    [InlineData("")]
    public void RangeThatIsNone_IsRefused(string range)
    {
        Assert.Throws<ArgumentException>(() => NftablesRules.Apply(new CaptureModel { ExcludeOutboundRanges = [range] }));
        Assert.Throws<ArgumentException>(() => NftablesRules.Apply(new CaptureModel { IncludeOutboundRanges = [range] }));
    }

    [Theory]
    [InlineData("eth0\" accept; flush ruleset; #")]
    [InlineData("")]
    [InlineData("sixteen-letters-")]
    [InlineData("eth 0")]
    [InlineData("eth0\n")]
    public void InterfaceThatIsNone_IsRefused(string name) =>
        Assert.Throws<ArgumentException>(() => NftablesRules.Apply(new CaptureModel { ExcludeInterfaces = [name] }));

    [Fact]
    public void DnsPortZero_LeavesDnsAlone() =>
        Assert.DoesNotContain("udp dport 53", NftablesRules.Apply(new CaptureModel { DnsPort = 0 }), StringComparison.Ordinal);

    [Fact]
    public void OneTransaction_ReplacesTheTable() =>
        Assert.StartsWith("add table inet weft\ndelete table inet weft\ntable inet weft {\n", NftablesRules.Apply(new CaptureModel()), StringComparison.Ordinal);
}
