using System.Text;
using Weft.Proxy.Model;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Http;

/// <summary>Builds one element of X-Forwarded-Client-Cert from a verified certificate; made once for each connection.</summary>
internal static class ClientCertHeader
{
    public static byte[] Make(TlsPeer peer, string chainPem, ClientCertDetails details, string by)
    {
        var text = new StringBuilder();
        if (by.Length > 0) text.Append("By=").Append(by).Append(';');
        text.Append("Hash=").Append(peer.Sha256);
        if (details.HasFlag(ClientCertDetails.Certificate))
            text.Append(";Cert=\"").Append(Uri.EscapeDataString(peer.Pem)).Append('"');
        if (details.HasFlag(ClientCertDetails.Chain))
            text.Append(";Chain=\"").Append(Uri.EscapeDataString(chainPem)).Append('"');
        if (details.HasFlag(ClientCertDetails.Subject))
            text.Append(";Subject=\"").Append(peer.Subject.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
        if (details.HasFlag(ClientCertDetails.Uri))
        {
            foreach (string uri in peer.Names.Uris) text.Append(";URI=").Append(uri);
            // The key is there even if there is nothing to say, as in Envoy.
            if (peer.Names.Uris.Count == 0) text.Append(";URI=");
        }

        if (details.HasFlag(ClientCertDetails.Dns))
        {
            foreach (string name in peer.Names.DnsNames) text.Append(";DNS=").Append(name);
        }

        // A certificate's text may hold anything; a header value may not.
        byte[] bytes = Encoding.UTF8.GetBytes(text.ToString());
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] is < 0x20 or 0x7f) bytes[i] = (byte)'?';
        }

        return bytes;
    }
}
