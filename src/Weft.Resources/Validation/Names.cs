using System.Net;
using System.Text.RegularExpressions;

namespace Weft.Resources.Validation;

/// <summary>The forms of names that Kubernetes and Istio allow. Pure predicates.</summary>
internal static partial class Names
{
    private const int LabelLength = 63, SubdomainLength = 253, HostLength = 255;

    /// <summary>A DNS label as Istio takes it: upper case allowed.</summary>
    public static bool IsDnsLabel(string text) => text.Length is > 0 and <= LabelLength && DnsLabel().IsMatch(text);

    /// <summary>A DNS label as Kubernetes takes it: lower case only.</summary>
    public static bool IsKubernetesLabel(string text) => IsDnsLabel(text) && !text.Any(char.IsAsciiLetterUpper);

    public static bool IsDnsSubdomain(string text) => text.Length is > 0 and <= SubdomainLength && text.Split('.').All(IsSubdomainPart);

    /// <summary>A host name: labels joined by dots; the last label not all digits, so that no IP address is one.</summary>
    public static bool IsFqdn(string text)
    {
        string host = text.EndsWith('.') ? text[..^1] : text;
        if (host.Length is 0 or > HostLength)
            return false;
        string[] labels = host.Split('.');
        return labels.All(IsDnsLabel) && !labels[^1].All(char.IsAsciiDigit);
    }

    /// <summary>A host name whose first label may be <c>*</c> or begin with it.</summary>
    public static bool IsWildcardHost(string text)
    {
        if (text == "*")
            return true;
        if (!text.StartsWith('*'))
            return IsFqdn(text);
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        string first = dot < 0 ? text[1..] : text[1..dot];
        bool labelFits = first.Length == 0 || IsDnsLabel(first.TrimStart('-') is { Length: > 0 } rest ? rest : "?");
        return labelFits && (dot < 0 ? first.Length > 0 : IsFqdn(text[(dot + 1)..]));
    }

    /// <summary>A label or annotation key: <c>[prefix/]name</c>.</summary>
    public static bool IsQualifiedName(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string name = text[(slash + 1)..];
        return (slash < 0 || IsDnsSubdomain(text[..slash])) && name.Length is > 0 and <= LabelLength && LabelName().IsMatch(name);
    }

    public static bool IsLabelValue(string text) => text.Length == 0 || (text.Length <= LabelLength && LabelName().IsMatch(text));

    public static bool IsIpAddress(string text) =>
        IPAddress.TryParse(text, out IPAddress? address) && (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6
            ? !text.Contains('[', StringComparison.Ordinal)
            : text.Count(c => c == '.') == 3 && text.Split('.').All(part => part.Length is > 0 and <= 3 && (part.Length == 1 || part[0] != '0')));

    public static bool IsCidr(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && IsIpAddress(text[..slash]) && int.TryParse(text[(slash + 1)..], out int bits) && char.IsAsciiDigit(text[slash + 1])
            && bits >= 0 && bits <= (text.Contains(':', StringComparison.Ordinal) ? 128 : 32);
    }

    /// <summary>An HTTP field name: RFC 9110 <c>token</c>.</summary>
    public static bool IsHeaderName(string text) => text.Length > 0 && Token().IsMatch(text);

    private static bool IsSubdomainPart(string part) => IsKubernetesLabel(part) || (part.Length > LabelLength && SubdomainPart().IsMatch(part));

    [GeneratedRegex(@"^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?\z")]
    private static partial Regex DnsLabel();

    [GeneratedRegex(@"^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex SubdomainPart();

    [GeneratedRegex(@"^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\z")]
    private static partial Regex LabelName();

    [GeneratedRegex(@"^[!#$%&'*+\-.^_`|~0-9A-Za-z]+\z")]
    private static partial Regex Token();
}
