using Weft.Proxy.Engine;
using Weft.Proxy.Http;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Transport;

namespace Weft.Proxy.Clusters;

/// <summary>Connections of HTTP/1.1, one exchange each at a time; idle ones are taken last in, first out.</summary>
internal sealed class Http1Pool(Worker worker, PoolPair pair) : UpstreamPool(worker, pair)
{
    private Http1ClientConnection? _idle;

    protected override int StreamsPerConnection => 1;

    /// <summary>A connection is ready for an exchange: new, or given back by another one.</summary>
    public void OnFree(Http1ClientConnection connection)
    {
        if (HasWaiting)
        {
            Dequeue().OnUpstreamReady(connection);
            return;
        }

        if (Endpoint.IsRemoved || Worker.IsDraining || Pair.IsRetired)
        {
            connection.CloseIdle();
            return;
        }

        connection.PreviousIdle = null;
        connection.NextIdle = _idle;
        if (_idle is { } next) next.PreviousIdle = connection;
        _idle = connection;
        connection.StartIdle();
    }

    /// <summary>Takes an idle connection out of the pool because it ended.</summary>
    public void Unlink(Http1ClientConnection connection)
    {
        if (connection.PreviousIdle is { } previous) previous.NextIdle = connection.NextIdle;
        else _idle = connection.NextIdle;
        if (connection.NextIdle is { } next) next.PreviousIdle = connection.PreviousIdle;
        connection.NextIdle = connection.PreviousIdle = null;
    }

    public override byte[] AlpnFor(ClientTlsSlot slot) => slot.Http1Alpn;

    public override void CloseIdle()
    {
        while (_idle is { } connection)
        {
            Unlink(connection);
            connection.CloseIdle();
        }
    }

    protected override IUpstreamStream? TakeReady(HttpExchange exchange)
    {
        if (_idle is not { } connection) return null;
        Unlink(connection);
        return connection;
    }

    protected override void Adopt(UpstreamDial dial)
    {
        Http1ClientConnection connection = Worker.HttpClients.Rent();
        dial.HandOverTo(connection);
        connection.Start(this);
        Endpoint.Cluster.Telemetry.Stats.Add(ClusterStat.UpstreamCxHttp1Total);
        OnFree(connection);
    }
}
