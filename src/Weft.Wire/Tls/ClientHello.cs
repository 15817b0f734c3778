namespace Weft.Wire.Tls;

/// <summary>What a listener needs from a ClientHello. The spans lie in the input or in the caller's scratch buffer.</summary>
public ref struct ClientHello
{
    /// <summary>The server name (SNI, RFC 6066 section 3) as sent: letters, digits, hyphen, dot and underscore only; empty when there is none.</summary>
    public ReadOnlySpan<byte> ServerName;

    /// <summary>The protocol name list of ALPN (RFC 7301 section 3.1): each a length byte and a name; empty when there is none.</summary>
    public ReadOnlySpan<byte> AlpnList;

    /// <summary>True when <paramref name="protocol"/> is on the ALPN list.</summary>
    public readonly bool Offers(ReadOnlySpan<byte> protocol)
    {
        ReadOnlySpan<byte> rest = AlpnList;
        while (NextProtocol(ref rest, out ReadOnlySpan<byte> offered))
        {
            if (offered.SequenceEqual(protocol))
                return true;
        }

        return false;
    }

    /// <summary>Takes the next name off a protocol name list; start with <see cref="AlpnList"/>.</summary>
    public static bool NextProtocol(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> protocol)
    {
        if (rest.IsEmpty || rest[0] == 0 || rest.Length < 1 + rest[0])
        {
            protocol = default;
            return false;
        }

        protocol = rest.Slice(1, rest[0]);
        rest = rest[(1 + protocol.Length)..];
        return true;
    }
}
