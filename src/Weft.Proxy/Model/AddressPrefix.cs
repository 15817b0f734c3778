using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Weft.Proxy.Model;

/// <summary>A CIDR range, as in <c>envoy.config.core.v3.CidrRange</c>. Host bits beyond the length are ignored.</summary>
public readonly struct AddressPrefix : IEquatable<AddressPrefix>
{
    private readonly NetworkAddress _address;

    /// <summary>Makes a range; the length is clamped to the family's 32 or 128 bits.</summary>
    public AddressPrefix(NetworkAddress address, int lengthBits)
    {
        _address = address.WithPort(0);
        LengthBits = Math.Clamp(lengthBits, 0, address.IsV4 ? 32 : 128);
    }

    /// <summary>How many leading bits must agree.</summary>
    public int LengthBits { get; }

    /// <summary>The address that was given, with port 0.</summary>
    public NetworkAddress Address => _address;

    /// <summary>Parses <c>10.0.0.0/8</c>, or a single address without a length.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out AddressPrefix prefix)
    {
        prefix = default;
        if (text is null) return false;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!NetworkAddress.TryParse(slash < 0 ? text : text[..slash], 0, out NetworkAddress address)) return false;
        int bits = address.IsV4 ? 32 : 128;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int given)
            || given > bits || (bits = given) < 0)) return false;
        prefix = new AddressPrefix(address, bits);
        return true;
    }

    /// <summary>True when the address is of the same family and lies in the range.</summary>
    public bool Contains(in NetworkAddress address)
    {
        if (address.IsNone || address.IsV4 != _address.IsV4) return false;
        if (_address.IsV4)
            return LengthBits == 0 || (address.V4 ^ _address.V4) >> (32 - LengthBits) == 0;
        if (LengthBits <= 64)
            return LengthBits == 0 || (address.High ^ _address.High) >> (64 - LengthBits) == 0;
        return address.High == _address.High
            && (address.Low ^ _address.Low) >> (128 - LengthBits) == 0;
    }

    public bool Equals(AddressPrefix other) => _address == other._address && LengthBits == other.LengthBits;

    public override bool Equals(object? obj) => obj is AddressPrefix other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_address, LengthBits);

    public static bool operator ==(AddressPrefix left, AddressPrefix right) => left.Equals(right);

    public static bool operator !=(AddressPrefix left, AddressPrefix right) => !left.Equals(right);

    public override string ToString() => $"{_address.ToIPAddress()}/{LengthBits}";
}
