using System.Net;
using System.Text;
using Weft.Proxy.Model;
using Weft.Wire.Http;

namespace Weft.Proxy.Http;

/// <summary>
/// Reads the client's address out of X-Forwarded-For. Every proxy appends the address that it saw, so the entries on the right are those of the
/// proxies next to this one, and only as many may be believed as there are trusted proxies. Source: Envoy's handling of <c>xff_num_trusted_hops</c>.
/// </summary>
internal static class ForwardedFor
{
    /// <summary>The longest text of an address: IPv6 with an embedded IPv4 address.</summary>
    private const int MaxAddressChars = 45;

    /// <summary>The entry behind which <paramref name="skip"/> others stand, over all lines of the header; no address when there are fewer, or it is none.</summary>
    public static NetworkAddress FromRight(ReadOnlySpan<byte> head, ReadOnlySpan<HeaderField> fields, int skip)
    {
        for (int i = fields.Length - 1; i >= 0; i--)
        {
            if (fields[i].Known != KnownHeader.XForwardedFor) continue;
            ReadOnlySpan<byte> rest = fields[i].Value(head);
            while (true)
            {
                int comma = rest.LastIndexOf((byte)',');
                if (skip-- == 0) return Parse(rest[(comma + 1)..].Trim(" \t"u8));
                if (comma < 0) break;
                rest = rest[..comma];
            }
        }

        return default;
    }

    private static NetworkAddress Parse(ReadOnlySpan<byte> text)
    {
        if (TryParseV4(text, out uint v4)) return NetworkAddress.FromV4(v4, 0);
        if (text.Length > MaxAddressChars || !text.Contains((byte)':')) return default;
        Span<char> characters = stackalloc char[MaxAddressChars];
        int length = Encoding.Latin1.GetChars(text, characters);
        return IPAddress.TryParse(characters[..length], out IPAddress? address) ? NetworkAddress.From(address, 0) : default;
    }

    /// <summary>Four decimal numbers and nothing else: the framework would also take fewer, and other bases.</summary>
    private static bool TryParseV4(ReadOnlySpan<byte> text, out uint address)
    {
        address = 0;
        int parts = 0, digits = 0;
        uint part = 0;
        foreach (byte one in text)
        {
            if (one == (byte)'.' && digits > 0 && parts < 3)
            {
                address = (address << 8) | part;
                parts++;
                part = 0;
                digits = 0;
            }
            else if (char.IsAsciiDigit((char)one) && ++digits <= 3)
            {
                part = part * 10 + one - '0';
                if (part > 255) return false;
            }
            else
            {
                return false;
            }
        }

        address = (address << 8) | part;
        return parts == 3 && digits > 0;
    }
}
