using System.Net;
using System.Net.Sockets;

namespace Weft.Proxy.Dns;

/// <summary>Settings and bounds of the proxy's DNS server.</summary>
public sealed record DnsServerOptions
{
    /// <summary>Where to listen, UDP and TCP. Loopback: answers to redirected questions must come from the address that they were redirected to.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 15053);

    /// <summary>Sockets at that address that another process handed over; the server's from now on. Null to open new ones.</summary>
    internal (Socket Datagrams, Socket Connections)? Inherited { get; init; }

    /// <summary>Resolvers for names that are not the mesh's, asked in order.</summary>
    public IReadOnlyList<IPEndPoint> Upstreams { get; init; } = [];

    /// <summary>Domains of which the mesh knows every name: others below them do not exist, and are not asked for elsewhere.</summary>
    public IReadOnlyList<string> OwnDomains { get; init; } = [];

    /// <summary>How long clients may keep an answer, Istio's 30 seconds.</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one resolver is waited for before the next is asked.</summary>
    public TimeSpan UpstreamTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>At most so many questions wait for resolvers; more are answered with a server failure at once.</summary>
    public int MaxOutstanding { get; init; } = 256;

    /// <summary>At most so many TCP connections; more are closed at once.</summary>
    public int MaxConnections { get; init; } = 64;

    /// <summary>How long a TCP connection may be silent.</summary>
    public TimeSpan ConnectionIdleTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
