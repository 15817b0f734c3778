using System.Text;

namespace Weft.Proxy.Tls.Native;

/// <summary>ALPN protocol names in wire form: each with its length before it (RFC 7301 3.1).</summary>
internal static class AlpnList
{
    internal static byte[] Encode(IReadOnlyList<string> protocols)
    {
        using MemoryStream wire = new();
        foreach (string protocol in protocols)
        {
            byte[] name = Encoding.UTF8.GetBytes(protocol);
            if (name.Length is 0 or > 255)
                throw new TlsConfigurationException($"The ALPN protocol name '{protocol}' has {name.Length} bytes; 1 to 255 are allowed.");
            wire.WriteByte((byte)name.Length);
            wire.Write(name);
        }

        return wire.ToArray();
    }
}
