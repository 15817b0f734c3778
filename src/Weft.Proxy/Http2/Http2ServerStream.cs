using System.Buffers.Text;
using Weft.Proxy.Engine;
using Weft.Proxy.Http;
using Weft.Proxy.Telemetry;
using Weft.Wire.Http;
using Weft.Wire.Http2;

namespace Weft.Proxy.Http2;

/// <summary>One request and its response on a client's connection of HTTP/2.</summary>
internal sealed class Http2ServerStream(Worker worker) : Http2Stream(worker), IDownstreamStream
{
    private HttpExchange? _exchange;
    private ByteQueue _held;
    private bool _stopsRequest;
    private bool _isTunnel;

    /// <summary>True for a CONNECT, plain or extended.</summary>
    public bool IsConnect { get; private set; }

    public bool IsBlocked => HasPending;

    internal override bool IsOrphan => _exchange is null;

    internal override bool TakesData => _exchange is not { } exchange || exchange.CanTakeRequestData;

    private Http2ServerConnection Server => (Http2ServerConnection)Connection;

    /// <summary>Ties the stream to the exchange that is about to begin.</summary>
    public void Tie(HttpExchange exchange, bool isConnect)
    {
        _exchange = exchange;
        IsConnect = isConnect;
        _stopsRequest = _isTunnel = false;
    }

    public void SendInterim(int status, HeadView view)
    {
        if (IsAttached) Server.SendHead(this, status, view, end: false);
    }

    public void SendHead(int status, HeadView view, BodyFraming framing, bool end)
    {
        if (!IsAttached) return;
        // HTTP/2 has no 101: a tunnel opens with 200 (RFC 8441 section 5).
        if (status == 101) status = 200;
        // From an upstream of HTTP/2 trailers may follow a body whose length was announced.
        if (framing == BodyFraming.ContentLength && !end && !_exchange!.HasHttp2Upstream && view.TryGet(KnownHeader.ContentLength, out ReadOnlySpan<byte> text)
            && Utf8Parser.TryParse(text, out long length, out _))
            LocalLeft = length;
        HttpExchange exchange = _exchange!;
        exchange.ResponseHeadBytes = Server.SendHead(this, status, view, end);
    }

    public void SendData(ReadOnlySpan<byte> data)
    {
        if (IsAttached) Connection.SendData(this, data, end: false);
    }

    public void SendEnd()
    {
        if (IsAttached) Connection.SendEnd(this);
    }

    public void SendTrailers(ReadOnlySpan<byte> lines)
    {
        if (IsAttached) Connection.SendTrailers(this, lines);
    }

    public void StartTunnel()
    {
        _isTunnel = true;
        if (_held.IsEmpty) return;
        _exchange?.OnRequestData(_held.Bytes);
        _held.Clear(Worker.Buffers);
        ResumeRequest();
    }

    public void ResumeRequest()
    {
        if (IsAttached) Connection.ReturnRoom(this);
    }

    public void Abort()
    {
        _exchange = null;
        if (!IsAttached) return;
        Server.Stats.Add(HttpStat.DownstreamRqTxReset);
        Server.Stats.Add(HttpStat.Http2TxReset);
        Connection.Reset(this, _isTunnel && IsConnect ? Http2ErrorCode.ConnectError : Http2ErrorCode.InternalError);
    }

    public void ExchangeDone()
    {
        _exchange = null;
        if (!IsAttached || !State.CanReceive) return;
        if (!State.CanSend) Server.StopRequest(this);
        else _stopsRequest = true;
    }

    public override void Recycle()
    {
        _exchange = null;
        _held.Clear(Worker.Buffers);
        Forget();
        Worker.Http2ServerStreams.Return(this);
    }

    internal override void OnData(ReadOnlySpan<byte> data)
    {
        if (_exchange is not { } exchange) return;
        // What is meant for a tunnel waits until there is one; the stream's window bounds it.
        if (exchange.IsUpgrade && !_isTunnel) _held.Append(Worker.Buffers, data);
        else exchange.OnRequestData(data);
    }

    internal override void OnRemoteEnd() => _exchange?.OnRequestEnd();

    internal override void OnTrailers(HeadView trailers)
    {
        _exchange?.OnRequestTrailers(trailers);
    }

    internal override void OnLost(Http2Loss loss)
    {
        HttpExchange? exchange = _exchange;
        _exchange = null;
        if (loss == Http2Loss.DrainTimeout)
        {
            exchange?.OnDrainTimeout();
            return;
        }

        if (loss is Http2Loss.Protocol)
        {
            Server.Stats.Add(HttpStat.DownstreamRqTxReset);
            Server.Stats.Add(HttpStat.Http2TxReset);
        }
        else if (loss is not Http2Loss.Connection)
        {
            Server.Stats.Add(HttpStat.DownstreamRqRxReset);
            Server.Stats.Add(HttpStat.Http2RxReset);
        }

        exchange?.OnDownstreamLost(brokeRules: loss == Http2Loss.Protocol);
    }

    internal override void OnPendingSent()
    {
        if (_exchange is { } exchange) exchange.OnDownstreamDrained();
        else if (_stopsRequest && !State.CanSend && IsAttached) Server.StopRequest(this);
    }
}
