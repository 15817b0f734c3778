using System.Buffers;

namespace Weft.Wire.Http1;

/// <summary>The syntax of a host with an optional port (RFC 9110 section 7.2, RFC 3986 section 3.2.2), without user information.</summary>
public static class HostSyntax
{
    /// <summary>True for <c>name</c>, <c>name:port</c>, <c>[v6]</c> or <c>[v6]:port</c>; a colon without a port is allowed, an empty host is not.</summary>
    public static bool IsValid(ReadOnlySpan<byte> host)
    {
        if (host.IsEmpty || host.ContainsAnyExcept(WireBytes.Host))
            return false;
        int mark = host.IndexOfAny((byte)':', (byte)'[', (byte)']');
        if (mark < 0)
            return true;
        int portColon = mark;
        if (host[mark] == '[')
        {
            int close = host.IndexOf((byte)']');
            if (mark != 0 || close < 3 || !IsIPv6Literal(host[1..close]))
                return false;
            portColon = close + 1;
            if (portColon == host.Length)
                return true;
        }

        return host[portColon] == ':' && portColon > 0 && IsPort(host[(portColon + 1)..]);
    }

    /// <summary>True when the host ends with <c>:port</c> and the port has at least one digit.</summary>
    public static bool HasPort(ReadOnlySpan<byte> validHost)
    {
        int colon = validHost.LastIndexOf((byte)':');
        return colon >= 0 && colon + 1 < validHost.Length && validHost[^1] != ']';
    }

    private static bool IsIPv6Literal(ReadOnlySpan<byte> literal) => !literal.ContainsAnyExcept(s_ipv6);

    private static bool IsPort(ReadOnlySpan<byte> port)
    {
        if (port.Length > 5)
            return false;
        int number = 0;
        foreach (byte digit in port)
        {
            if (digit is < (byte)'0' or > (byte)'9')
                return false;
            number = number * 10 + digit - '0';
        }

        return number <= 65535;
    }

    private static readonly SearchValues<byte> s_ipv6 = SearchValues.Create("0123456789abcdefABCDEF:.%-_~ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ"u8);
}
