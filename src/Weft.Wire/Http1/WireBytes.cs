using System.Buffers;

namespace Weft.Wire.Http1;

/// <summary>The byte sets of RFC 9110 and 9112, as vectorised searches.</summary>
internal static class WireBytes
{
    /// <summary>Bytes of a token except the underscore, so that the common scan of a name finds underscores for free.</summary>
    public static readonly SearchValues<byte> TokenWithoutUnderscore = SearchValues.Create("!#$%&'*+-.^`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Bytes of a token.</summary>
    public static readonly SearchValues<byte> Token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Bytes that end or spoil a field value: controls except HTAB, and DEL. CR is among them.</summary>
    public static readonly SearchValues<byte> ValueStops = SearchValues.Create([.. Controls(except: (byte)'\t')]);

    /// <summary>Bytes that end or spoil a request target: controls, space, DEL, and the fragment's mark.</summary>
    public static readonly SearchValues<byte> TargetStops = SearchValues.Create([.. Controls(except: null), (byte)' ', (byte)'#']);

    /// <summary>Bytes of a host with port: RFC 3986 reg-name without the comma, brackets and colons of IPv6.</summary>
    public static readonly SearchValues<byte> Host = SearchValues.Create("-._~%!$&'()*+;=[]:0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static IEnumerable<byte> Controls(byte? except)
    {
        for (int value = 0; value < 0x20; value++)
        {
            if (value != except)
                yield return (byte)value;
        }

        yield return 0x7F;
    }
}
