using Weft.Proxy.Engine;
using Weft.Proxy.Listeners;
using Weft.Proxy.Model;

namespace Weft.Proxy.Clusters;

/// <summary>
/// The pools of one worker to one endpoint, one for each protocol and one for connections that speak none. Connections that begin with a PROXY header speak for one client's connection
/// only: they are in a pair of that client's own, which ends with it.
/// </summary>
internal sealed class PoolPair
{
    private readonly Worker _worker;
    private Http2Pool? _http2;
    private TunnelPool? _tunnels;

    /// <param name="worker">Whose pools they are.</param>
    /// <param name="endpoint">Where the connections go.</param>
    /// <param name="client">The only client that they are for; null for all.</param>
    public PoolPair(Worker worker, WorkerEndpoint endpoint, ConnectionFacts? client)
    {
        _worker = worker;
        Endpoint = endpoint;
        if (client is not null) (Source, Target) = (client.Peer, client.Local);
        Http1 = new Http1Pool(worker, this);
    }

    public WorkerEndpoint Endpoint { get; }

    /// <summary>The client, as PROXY headers name it; none when they name nobody.</summary>
    public NetworkAddress Source { get; }

    /// <summary>Where the client connected to.</summary>
    public NetworkAddress Target { get; }

    public Http1Pool Http1 { get; }

    public Http2Pool Http2 => _http2 ??= new Http2Pool(_worker, this);

    /// <summary>Connections for CONNECTs that end here.</summary>
    public TunnelPool Tunnels => _tunnels ??= new TunnelPool(_worker, this);

    public bool IsUnused => Http1.IsUnused && _http2 is null or { IsUnused: true } && _tunnels is null or { IsUnused: true };

    /// <summary>True once the client is gone: a connection that becomes free closes.</summary>
    public bool IsRetired { get; private set; }

    public void CloseIdle()
    {
        Http1.CloseIdle();
        _http2?.CloseIdle();
    }

    /// <summary>The client is gone.</summary>
    public void Retire()
    {
        IsRetired = true;
        CloseIdle();
        ForgetIfOver();
    }

    /// <summary>Lets the endpoint forget a pair whose client and connections are gone.</summary>
    public void ForgetIfOver()
    {
        if (IsRetired && IsUnused) Endpoint.Forget(this);
    }
}
