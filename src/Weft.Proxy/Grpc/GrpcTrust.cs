using Weft.Proxy.Tls;

namespace Weft.Proxy.Grpc;

/// <summary>TLS towards the control plane: the server must show a certificate for its name that the given roots vouch for; there is no client certificate.</summary>
internal static class GrpcTrust
{
    /// <summary>Makes the context of one connection. Sessions are not kept: connections are hours apart. Records are left to OpenSSL: there are few.</summary>
    /// <param name="roots">PEM certificates.</param>
    /// <param name="name">The name to ask for and to check; an IP address is checked but, as RFC 6066 says, not asked for.</param>
    /// <exception cref="TlsConfigurationException">The roots cannot be read.</exception>
    internal static TlsClientContext For(ReadOnlyMemory<byte> roots, string name) => new TlsContextFactory(openSslRecords: true).CreateClient(new TlsClientModel
    {
        Peer = new TlsPeerPolicy { Trust = TlsTrust.ForAll(roots), HostName = name },
        ServerName = System.Net.IPAddress.TryParse(name, out _) ? null : name,
        Alpn = ["h2"],
        Resumption = false,
    });
}
