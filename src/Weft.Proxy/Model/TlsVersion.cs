namespace Weft.Proxy.Model;

/// <summary>A TLS protocol version; Auto leaves Weft's default (1.2 to 1.3).</summary>
public enum TlsVersion : byte
{
    Auto,
    Tls12,
    Tls13,
}
