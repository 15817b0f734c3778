using Weft.Proxy.Clusters;
using Weft.Proxy.Engine;
using Weft.Proxy.Http;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tls;
using Weft.Wire.Http;
using Weft.Wire.Http2;

namespace Weft.Proxy.Http2;

/// <summary>One attempt at an upstream on a connection of HTTP/2. Giving it up resets the stream at once; the connection goes on.</summary>
internal sealed class Http2ClientStream(Worker worker) : Http2Stream(worker), IUpstreamStream
{
    private HttpExchange? _exchange;
    private bool _anyResponse;
    private bool _isBlind;

    public WorkerEndpoint Endpoint => Client.Endpoint;

    public bool IsBlocked => HasPending;

    public bool IsReused { get; private set; }

    public NetworkAddress LocalAddress => Client.LocalAddress;

    public TlsPeer? Peer => Client.Peer;

    /// <summary>The exchange that it serves; null once that is over.</summary>
    internal HttpExchange? Exchange => _exchange;

    /// <summary>The final head has come; what follows are data and trailers.</summary>
    internal bool HasHead { get; set; }

    /// <summary>How many interim heads have come.</summary>
    internal int Interims { get; set; }

    internal override bool IsOrphan => _exchange is null;

    internal override bool TakesData => _exchange is not { IsDownstreamBlocked: true };

    private Http2ClientConnection Client => (Http2ClientConnection)Connection;

    /// <summary>Opened on a connection that may serve others, or have served them, and perhaps before the endpoint said how many it takes.</summary>
    public void Open(bool isReused, bool isBlind)
    {
        _exchange = null;
        IsReused = isReused;
        _isBlind = isBlind;
        _anyResponse = HasHead = false;
        Interims = 0;
    }

    public void Begin(HttpExchange exchange) => _exchange = exchange;

    public void SendHead(HttpExchange exchange, bool end)
    {
        if (!IsAttached) return;
        // From a client of HTTP/2 trailers may follow a body whose length was announced.
        if (!end && exchange.Head.Framing == BodyFraming.ContentLength && exchange.Head.Version != WireVersion.Http2) LocalLeft = exchange.Head.ContentLength;
        Client.SendHead(this, exchange, end);
    }

    public void SendData(ReadOnlySpan<byte> data)
    {
        if (IsAttached && !data.IsEmpty) Connection.SendData(this, data, end: false);
    }

    public void SendEnd()
    {
        if (IsAttached) Connection.SendEnd(this);
    }

    public void SendTrailers(ReadOnlySpan<byte> lines)
    {
        if (IsAttached) Connection.SendTrailers(this, lines);
    }

    public void ResumeResponse()
    {
        if (IsAttached) Connection.ReturnRoom(this);
    }

    public void Release() => Leave();

    public void Abort() => Leave();

    public override void Recycle()
    {
        _exchange = null;
        Forget();
        Worker.Http2ClientStreams.Return(this);
    }

    /// <summary>A head or data came.</summary>
    internal void NoteResponse() => _anyResponse = true;

    internal override void OnData(ReadOnlySpan<byte> data) => _exchange?.OnResponseData(data);

    internal override void OnRemoteEnd() => _exchange?.OnResponseEnd();

    internal override void OnTrailers(HeadView trailers) => _exchange?.OnResponseTrailers(trailers);

    internal override void OnLost(Http2Loss loss)
    {
        if (_exchange is not { } exchange) return;
        _exchange = null;
        Endpoint.EndRequest();
        StatBlock<ClusterStat> stats = Endpoint.Cluster.Telemetry.Stats;
        if (loss is Http2Loss.Reset or Http2Loss.Refused or Http2Loss.Stopped)
        {
            stats.Add(ClusterStat.UpstreamRqRxReset);
            stats.Add(ClusterStat.Http2RxReset);
        }

        if (loss == Http2Loss.Refused) stats.Add(ClusterStat.Http2StreamRefusedErrors);
        else if (loss == Http2Loss.Protocol) stats.Add(ClusterStat.Http2TxReset);
        if (loss == Http2Loss.Stopped && exchange.IsTunnel)
        {
            exchange.OnTunnelStopped();
            return;
        }

        UpstreamFailure failure = loss switch
        {
            Http2Loss.Reset or Http2Loss.Stopped => UpstreamFailure.Reset,
            // It was one more than the endpoint takes, which it had not told yet: that is no sign of trouble.
            Http2Loss.Refused when _isBlind => UpstreamFailure.NotProcessed,
            Http2Loss.Refused => UpstreamFailure.Refused,
            Http2Loss.NotProcessed => UpstreamFailure.NotProcessed,
            Http2Loss.Protocol => UpstreamFailure.Protocol,
            _ => UpstreamFailure.Termination,
        };
        exchange.OnUpstreamFailure(failure, 0, "", untouched: !_anyResponse);
    }

    internal override void OnPendingSent() => _exchange?.OnUpstreamDrained();

    /// <summary>The exchange goes. What of either message is still to come is of no interest.</summary>
    private void Leave()
    {
        if (_exchange is not { } exchange) return;
        _exchange = null;
        Endpoint.EndRequest();
        if (!IsAttached || State.Phase == Http2StreamPhase.Closed) return;
        Endpoint.Cluster.Telemetry.Stats.Add(ClusterStat.UpstreamRqTxReset);
        // A connection that was cut off (RFC 9113 section 8.5); one that was closed in order has ended its side before.
        Client.Cancel(this, exchange.IsTunnel && State.CanSend ? Http2ErrorCode.ConnectError : Http2ErrorCode.Cancel);
    }
}
