using System.Net;
using System.Net.Sockets;
using Istio.Networking.V1Alpha3;
using Weft.Resources;

namespace Weft.Cli.Supervision;

/// <summary>
/// Where a gateway listens: a port below 1024 needs root, so an unprivileged mesh serves 80 at 8080 and 443 at 8443, as Istio's
/// gateways do inside their pods.
/// </summary>
public static class GatewayPorts
{
    /// <summary>The port at which a gateway of this user's mesh serves a Gateway resource's port.</summary>
    public static int PortOf(int port) => PortOf(port, Signals.EffectiveUser() == 0);

    /// <summary>The proxy's metadata <c>WEFT_GATEWAY_PORTS</c>; null when every port stays.</summary>
    public static string? Metadata() => Signals.EffectiveUser() == 0 ? null : "80=8080,443=8443";

    /// <summary>
    /// Throws when a gateway's port is taken. Proxies share listening sockets among their workers (SO_REUSEPORT), so the kernel would
    /// not say so: two meshes would silently get half of the requests each.
    /// </summary>
    public static void RequireFree(IEnumerable<ResourceObject> resources)
    {
        foreach (ResourceObject resource in resources.Where(resource => resource is { IsValid: true, Spec: Gateway }))
        {
            foreach (int port in ((Gateway)resource.Spec).Servers.Select(server => PortOf((int)(server.Port?.Number ?? 0))).Where(port => port > 0).Distinct())
            {
                if (!IsFree(port))
                    throw new CliException($"Port {port} of the Gateway {resource.Name} ({resource.File}:{resource.Line}) is in use by another program. Stop that, or choose another port there.");
            }
        }
    }

    internal static bool IsFree(int port)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            return true;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode != SocketError.AddressAlreadyInUse;
        }
    }

    internal static int PortOf(int port, bool privileged) => privileged ? port : port switch { 80 => 8080, 443 => 8443, _ => port };
}
