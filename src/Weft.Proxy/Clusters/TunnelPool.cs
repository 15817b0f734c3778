using Weft.Proxy.Engine;
using Weft.Proxy.Http;
using Weft.Proxy.Transport;

namespace Weft.Proxy.Clusters;

/// <summary>Connections that carry the bytes of CONNECTs which end here: each is made for one of them, serves no other and is never idle. TLS offers the cluster's own list of protocols.</summary>
internal sealed class TunnelPool(Worker worker, PoolPair pair) : UpstreamPool(worker, pair)
{
    protected override int StreamsPerConnection => 1;

    public override byte[] AlpnFor(ClientTlsSlot slot) => slot.Context!.Alpn;

    public override void CloseIdle()
    {
        // None is idle.
    }

    protected override IUpstreamStream? TakeReady(HttpExchange exchange) => null;

    protected override void Adopt(UpstreamDial dial)
    {
        TcpUpstreamConnection connection = Worker.TcpUpstreams.Rent();
        dial.HandOverTo(connection);
        connection.Start(this);
        if (HasWaiting) Dequeue().OnUpstreamReady(connection);
        else connection.CloseUnused();
    }
}
