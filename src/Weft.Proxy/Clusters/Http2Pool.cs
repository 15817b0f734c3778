using Weft.Proxy.Engine;
using Weft.Proxy.Http;
using Weft.Proxy.Http2;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Transport;

namespace Weft.Proxy.Clusters;

/// <summary>
/// Connections of HTTP/2. New streams go to the oldest connection with room; another connection is made when none has any, and exchanges
/// wait while the cluster's bound on connections does not allow one.
/// </summary>
internal sealed class Http2Pool(Worker worker, PoolPair pair) : UpstreamPool(worker, pair)
{
    /// <summary>Streams that an endpoint is expected to take at once before it ever said (RFC 9113 section 6.5.2 recommends no fewer).</summary>
    private const uint ExpectedAtFirst = 100;
    private readonly List<Http2ClientConnection> _open = [];

    /// <summary>Streams that a new connection is expected to take at once before its own SETTINGS have come: what the endpoint said on an earlier one.</summary>
    public uint ExpectedStreams { get; private set; } = ExpectedAtFirst;

    protected override int StreamsPerConnection
    {
        get
        {
            ClusterModel model = Endpoint.Cluster.Model;
            int streams = Math.Max(1, (int)Math.Min(ExpectedStreams, (uint)model.Http2.MaxConcurrentStreams));
            return model.MaxRequestsPerConnection > 0 ? Math.Min(streams, model.MaxRequestsPerConnection) : streams;
        }
    }

    public override byte[] AlpnFor(ClientTlsSlot slot) => Endpoint.Cluster.Model.Protocol == UpstreamProtocol.Auto ? slot.AutoAlpn : slot.Http2Alpn;

    /// <summary>Takes note of how many streams the endpoint takes at once.</summary>
    public void Learn(uint maxConcurrentStreams) => ExpectedStreams = Math.Max(1, maxConcurrentStreams);

    /// <summary>A connection has room, or takes no more streams at all: those who wait are served by it or by another.</summary>
    public void OnRoom(Http2ClientConnection connection)
    {
        while (Waiting is { } exchange && connection.HasRoom)
        {
            if (exchange.NeedsConnectProtocol && !connection.IsSettled) return;
            if (exchange.NeedsConnectProtocol && !connection.TakesConnectProtocol)
            {
                Dequeue().OnUpstreamFailure(UpstreamFailure.ConnectFailure, 0, "the endpoint takes no extended CONNECT (RFC 8441)");
                continue;
            }

            if (connection.Open() is not { } stream) break;
            Dequeue().OnUpstreamReady(stream);
        }

        if (HasWaiting && !connection.IsUsable) ConnectForWaiting();
    }

    /// <summary>The connection opens no more streams.</summary>
    public void Leave(Http2ClientConnection connection) => _open.Remove(connection);

    public override void CloseIdle()
    {
        for (int i = _open.Count - 1; i >= 0; i--) _open[i].Retire();
    }

    protected override IUpstreamStream? TakeReady(HttpExchange exchange)
    {
        // Who has waited goes first.
        if (HasWaiting) return null;
        for (int i = 0; i < _open.Count; i++)
        {
            if (exchange.NeedsConnectProtocol && !(_open[i].IsSettled && _open[i].TakesConnectProtocol)) continue;
            if (_open[i].HasRoom && _open[i].Open() is { } stream) return stream;
        }

        return null;
    }

    protected override bool MaySoonTake(HttpExchange exchange)
    {
        if (!exchange.NeedsConnectProtocol) return false;
        foreach (Http2ClientConnection connection in _open)
        {
            if (connection.IsUsable && !connection.IsSettled) return true;
        }

        return false;
    }

    protected override void Adopt(UpstreamDial dial)
    {
        Http2ClientConnection connection = Worker.Http2Clients.Rent();
        dial.HandOverTo(connection);
        _open.Add(connection);
        Endpoint.Cluster.Telemetry.Stats.Add(ClusterStat.UpstreamCxHttp2Total);
        connection.Start(this);
        OnRoom(connection);
        if (Endpoint.IsRemoved || Worker.IsDraining || Pair.IsRetired) connection.Retire();
    }
}
