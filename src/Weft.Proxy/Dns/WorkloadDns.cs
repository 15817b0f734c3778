using System.Net;
using System.Net.Sockets;
using Istio.Networking.Nds.V1;

namespace Weft.Proxy.Dns;

/// <summary>The DNS of one workload: the server on its loopback, fed by the control plane's name tables, with the resolvers of <c>resolv.conf</c> behind it.</summary>
public sealed class WorkloadDns : IAsyncDisposable
{
    /// <summary>Where Istio's agent answers, and where the capture rules lead questions to.</summary>
    public const int DefaultPort = 15053;

    private readonly DnsServer server;
    private readonly string workloadNamespace;
    private readonly IReadOnlyList<string> searchDomains;

    private WorkloadDns(DnsServer server, string workloadNamespace, IReadOnlyList<string> searchDomains)
    {
        this.server = server;
        this.workloadNamespace = workloadNamespace;
        this.searchDomains = searchDomains;
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => server.EndPoint;

    /// <summary>What it did so far.</summary>
    public DnsCounters Counters => server.Counters;

    /// <summary>Listens at once; until the first name table comes, all questions go to the resolvers. Throws <see cref="SocketException"/> when the address is taken.</summary>
    /// <param name="listen">A loopback address of the workload.</param>
    /// <param name="workloadNamespace">The mesh namespace whose short names the workload uses.</param>
    /// <param name="ownDomains">Domains of which the mesh knows every name; see <see cref="DnsServerOptions.OwnDomains"/>.</param>
    /// <param name="resolverText">The content of the workload's <c>resolv.conf</c>; empty when it has none.</param>
    /// <param name="time">The clock.</param>
    public static WorkloadDns Start(IPEndPoint listen, string workloadNamespace, IReadOnlyList<string> ownDomains, string resolverText, TimeProvider time) =>
        Start(listen, workloadNamespace, ownDomains, resolverText, time, null);

    /// <summary>The same on sockets that another process handed over.</summary>
    internal static WorkloadDns Start(
        IPEndPoint listen, string workloadNamespace, IReadOnlyList<string> ownDomains, string resolverText, TimeProvider time, (Socket Datagrams, Socket Connections)? inherited)
    {
        ResolverSettings resolvers = ResolverSettings.Parse(resolverText);
        DnsServer server = DnsServer.Start(new DnsServerOptions { Listen = listen, Upstreams = resolvers.Servers, OwnDomains = ownDomains, Inherited = inherited }, time);
        return new WorkloadDns(server, workloadNamespace, resolvers.SearchDomains);
    }

    /// <summary>Its sockets; the server's own.</summary>
    internal (Socket Datagrams, Socket Connections) Sockets => server.Sockets;

    /// <summary>Leaves the sockets to another process that has them too.</summary>
    internal Task HandOverAsync() => server.HandOverAsync();

    /// <summary>Puts a new name table in force. Any thread.</summary>
    public void Take(NameTable table) => server.Names = DnsNameTable.From(table, workloadNamespace, searchDomains);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => server.DisposeAsync();
}
