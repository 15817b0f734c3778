using System.Globalization;
using System.Net;
using System.Text;

namespace Weft.Kernel.Capture;

/// <summary>
/// Writes the ruleset that captures a workload's traffic, as text for <c>nft -f -</c>: one table, replaced in one transaction, so there is no moment with half of the rules. Pure.
/// The order of the rules is that of Istio's iptables chains ISTIO_OUTPUT and ISTIO_INBOUND.
/// </summary>
public static class NftablesRules
{
    /// <summary>Family and name of the table; nothing of Weft is outside of it.</summary>
    public const string Table = "inet weft";

    /// <summary>The ruleset. Throws <see cref="ArgumentException"/> with a sentence for a port, range or name that is none.</summary>
    public static string Apply(CaptureModel capture)
    {
        if (capture.OutboundPort == 0 || capture.InboundPort == 0)
            throw new ArgumentException("Traffic cannot be captured to port 0; name the ports that the proxy listens on.");
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"add table {Table}\ndelete table {Table}\ntable {Table} {{\n");
        Outbound(text, capture);
        Inbound(text, capture);
        Guard(text, capture);
        return text.Append("}\n").ToString();
    }

    /// <summary>The text that removes everything, also when there is nothing.</summary>
    public static string Remove() => $"add table {Table}\ndelete table {Table}\n";

    private static void Outbound(StringBuilder text, CaptureModel capture)
    {
        text.Append("  chain outbound {\n    type nat hook output priority -100; policy accept;\n");
        foreach (string name in capture.ExcludeInterfaces)
            Rule(text, $"oifname \"{CheckInterface(name)}\" return");
        // What the proxy hands to its workload comes from this address, wherever it goes: the inbound side's connections end here and do not come in again.
        Rule(text, "ip saddr 127.0.0.6 oif lo return");
        Rule(text, "ip6 saddr ::6 oif lo return");
        foreach (string own in Own(capture))
        {
            // The proxy to an address of its own workload that is not loopback: the workload calls itself through its service; that is inbound traffic, but for a
            // tunnel, which has its own port.
            Rule(text, $"{own} oif lo ip daddr != 127.0.0.0/8 tcp dport != {{ 53, 15008 }} redirect to :{capture.InboundPort}");
            Rule(text, $"{own} oif lo ip6 daddr != ::1 tcp dport != {{ 53, 15008 }} redirect to :{capture.InboundPort}");
            Rule(text, $"{own} return");
        }

        if (capture.DnsPort != 0)
        {
            Rule(text, $"udp dport 53 redirect to :{capture.DnsPort}");
            Rule(text, $"tcp dport 53 redirect to :{capture.DnsPort}");
        }

        Rule(text, "meta l4proto != tcp return");
        // The workload to itself stays with itself.
        Rule(text, "oif lo return");
        Rule(text, "ip daddr 127.0.0.0/8 return");
        Rule(text, "ip6 daddr ::1 return");
        if (capture.ExcludeOutboundPorts.Count > 0)
            Rule(text, $"tcp dport {Set(capture.ExcludeOutboundPorts)} return");
        foreach (string range in capture.ExcludeOutboundRanges)
            Rule(text, $"{Destination(range)} return");
        if (capture.IncludeOutboundRanges.Count == 0)
        {
            Rule(text, $"meta l4proto tcp redirect to :{capture.OutboundPort}");
        }
        else
        {
            if (capture.IncludeOutboundPorts.Count > 0)
                Rule(text, $"tcp dport {Set(capture.IncludeOutboundPorts)} redirect to :{capture.OutboundPort}");
            foreach (string range in capture.IncludeOutboundRanges)
                Rule(text, $"{Destination(range)} meta l4proto tcp redirect to :{capture.OutboundPort}");
        }

        text.Append("  }\n");
    }

    private static void Inbound(StringBuilder text, CaptureModel capture)
    {
        text.Append("  chain inbound {\n    type nat hook prerouting priority -100; policy accept;\n");
        foreach (string name in capture.ExcludeInterfaces)
            Rule(text, $"iifname \"{CheckInterface(name)}\" return");
        Rule(text, "iif lo return");
        // Only what is for this namespace: what it forwards for others is theirs.
        Rule(text, "fib daddr type != local return");
        if (capture.ExcludeInboundPorts.Count > 0)
            Rule(text, $"tcp dport {Set(capture.ExcludeInboundPorts)} return");
        if (capture.IncludeInboundPorts is null)
            Rule(text, $"meta l4proto tcp redirect to :{capture.InboundPort}");
        else if (capture.IncludeInboundPorts.Count > 0)
            Rule(text, $"tcp dport {Set(capture.IncludeInboundPorts)} redirect to :{capture.InboundPort}");
        text.Append("  }\n");
    }

    /// <summary>
    /// A connection made straight to a capture port has no other destination to be taken to: the proxy would connect to itself without end. It is reset before it reaches the proxy.
    /// </summary>
    private static void Guard(StringBuilder text, CaptureModel capture)
    {
        text.Append("  chain guard {\n    type filter hook input priority 0; policy accept;\n");
        Rule(text, $"tcp dport {{ {capture.OutboundPort}, {capture.InboundPort} }} ct status & dnat != dnat reject with tcp reset");
        text.Append("  }\n");
    }

    private static IEnumerable<string> Own(CaptureModel capture)
    {
        yield return string.Create(CultureInfo.InvariantCulture, $"meta skuid {capture.ProxyUserId}");
        if (capture.ProxyGroupId != 0)
            yield return string.Create(CultureInfo.InvariantCulture, $"meta skgid {capture.ProxyGroupId}");
        if (capture.ProxyMark != 0)
            yield return string.Create(CultureInfo.InvariantCulture, $"meta mark {capture.ProxyMark}");
    }

    private static void Rule(StringBuilder text, FormattableString rule) => text.Append("    ").Append(rule.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static void Rule(StringBuilder text, string rule) => text.Append("    ").Append(rule).Append('\n');

    private static string Set(IReadOnlyList<ushort> ports) => "{ " + string.Join(", ", ports.Distinct().Order().Select(port => port.ToString(CultureInfo.InvariantCulture))) + " }";

    private static string Destination(string range)
    {
        if (!IPNetwork.TryParse(range, out IPNetwork network))
        {
            if (!IPAddress.TryParse(range, out IPAddress? single))
                throw new ArgumentException($"'{range}' is not an address range; write it as 10.0.0.0/8 or 2001:db8::/32.");
            network = new IPNetwork(single, single.GetAddressBytes().Length * 8);
        }

        return network.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? $"ip daddr {network}" : $"ip6 daddr {network}";
    }

    /// <summary>The name goes into a ruleset: nothing but what an interface can be called.</summary>
    private static string CheckInterface(string name)
    {
        if (name.Length is 0 or > 15 || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.' or '@')))
            throw new ArgumentException($"'{name}' is not the name of a network interface.");
        return name;
    }
}
