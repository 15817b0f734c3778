using Istio.Networking.V1Alpha3;
using Weft.Control.Discovery.Registry;
using Weft.Control.Discovery.Snapshot;

namespace Weft.Control.Discovery.Translation.Gateways;

/// <summary>One server of a Gateway as one proxy runs it.</summary>
/// <param name="Gateway">The Gateway it is from.</param>
/// <param name="Server">The server.</param>
/// <param name="ListenPort">Where the proxy binds: the server's port, or what it is mapped to.</param>
internal sealed record GatewayServer(GatewayModel Gateway, Server Server, int ListenPort)
{
    public PortProtocol Protocol { get; } = PortProtocols.Parse(Server.Port.Protocol);

    public string Bind => Server.Bind.Length > 0 ? Server.Bind : "0.0.0.0";

    /// <summary>Requests are read as HTTP, after TLS or without.</summary>
    public bool IsHttp => Protocol.IsHttp() || EndsHttps;

    /// <summary>HTTPS whose TLS ends here.</summary>
    public bool EndsHttps => Protocol == PortProtocol.Https && Server.Tls is not null && !PassesTls;

    /// <summary>TLS goes through to the service untouched.</summary>
    public bool PassesTls => Server.Tls is { HttpsRedirect: false, Mode: ServerTLSSettings.Types.TLSmode.Passthrough or ServerTLSSettings.Types.TLSmode.AutoPassthrough }
        && Protocol.IsTls();

    /// <summary>Routes by the service's own server names, without a VirtualService.</summary>
    public bool IsAutoPassthrough => PassesTls && Server.Tls.Mode == ServerTLSSettings.Types.TLSmode.AutoPassthrough;

    /// <summary>The name of its route table.</summary>
    public string RouteName => EndsHttps
        ? $"https.{Server.Port.Number}.{Server.Port.Name}.{Gateway.Name}.{Gateway.Namespace}"
        : Server.Bind.Length > 0 ? $"http.{ListenPort}.{Server.Bind}" : $"http.{ListenPort}";

    /// <summary>Its hosts, as far as a VirtualService of <paramref name="ns"/> may use them.</summary>
    public IEnumerable<string> HostsFor(string ns)
    {
        foreach (string host in Server.Hosts)
        {
            int slash = host.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0)
            {
                yield return host.ToLowerInvariant();
                continue;
            }

            string owner = host[..slash];
            if (owner == "*" || owner == ns || (owner == "." && ns == Gateway.Namespace))
                yield return host[(slash + 1)..].ToLowerInvariant();
        }
    }

    /// <summary>The server names that select its chain; empty when it takes every name.</summary>
    public IEnumerable<string> ServerNames()
    {
        List<string> names = [.. Server.Hosts.Select(host => host[(host.IndexOf('/', StringComparison.Ordinal) + 1)..].ToLowerInvariant()).Distinct()];
        return names.Contains("*") ? [] : names;
    }
}
