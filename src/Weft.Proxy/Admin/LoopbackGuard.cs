using System.Net;

namespace Weft.Proxy.Admin;

/// <summary>
/// Keeps web pages away from the admin port. A page in a browser on this machine can send requests to 127.0.0.1; under a name of its own
/// that resolves there (DNS rebinding) it could also read the answers. So Host must name the loopback, and what a browser says
/// about where a request comes from (Origin, Sec-Fetch-Site) must not be another site.
/// </summary>
public static class LoopbackGuard
{
    /// <summary>Null when the request may pass, or a sentence why not.</summary>
    public static string? Refuse(string host, string? origin, string? fetchSite)
    {
        if (!IsLoopback(host)) return "The admin port answers only for localhost, 127.0.0.0/8 and [::1] in the Host header.\n";
        if (fetchSite is "cross-site" or "same-site") return "The admin port does not answer other web sites.\n";
        if (origin is not null && !(Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri) && IsLoopback(uri.Authority)))
            return "The admin port does not answer other web sites.\n";
        return null;
    }

    /// <summary>True for <c>localhost</c> and loopback addresses, with or without a port.</summary>
    public static bool IsLoopback(string authority)
    {
        string name = authority;
        int colon = authority.LastIndexOf(':');
        if (colon >= 0 && authority.IndexOf(']') < colon && (authority.StartsWith('[') || authority.IndexOf(':') == colon))
            name = authority[..colon];
        if (name.Equals("localhost", StringComparison.OrdinalIgnoreCase)) return true;
        // Only the usual spelling: "127.1" and "0x7f000001" are addresses, too, but nobody who means well writes them.
        return IPAddress.TryParse(name.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address)
            && (address.ToString() == name || $"[{address}]" == name);
    }
}
