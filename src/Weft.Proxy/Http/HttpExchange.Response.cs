using System.Buffers.Text;
using System.Text;
using Weft.Policy.Resilience;
using Weft.Proxy.Engine;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Wire.Grpc;
using Weft.Wire.Http;

namespace Weft.Proxy.Http;

/// <summary>Step 5: the response, from the upstream or made here.</summary>
internal sealed partial class HttpExchange
{
    private static readonly HeaderName s_localOverloaded = HeaderName.TryCreate("x-envoy-local-overloaded", out HeaderName? name) ? name : throw new InvalidOperationException();

    /// <summary>An interim head came; 100 was answered here, 103 and the like pass.</summary>
    public void OnInterim(ReadOnlySpan<byte> bytes, in ResponseHead head, ReadOnlySpan<HeaderField> fields)
    {
        if (head.Status == 100 || _downstream is null) return;
        _responseEdits.RemoveMarked(fields);
        _downstream.SendInterim(head.Status, new HeadView(bytes, fields, head.FieldsEnd, _responseEdits));
        _responseEdits.Reset();
    }

    /// <summary>The response's head came; its bytes are gone after the call.</summary>
    public void OnResponseHead(ReadOnlySpan<byte> bytes, in ResponseHead head, ReadOnlySpan<HeaderField> fields, bool ended)
    {
        TimerWheel.Disarm(_tryTimer);
        CountStatus(head.Status);
        _endpoint!.Report(head.Status < 500 ? OutlierOutcome.Success : head.Status is 502 or 503 or 504 ? OutlierOutcome.GatewayError : OutlierOutcome.ServerError);
        if (Is(Progress.Mirror))
        {
            OnMirrorHead(head.Status, ended);
            return;
        }

        if (IsOwnConnect)
        {
            OnConnectHead(head.Status, ended);
            return;
        }

        TouchTryIdle();
        if (ShouldRetry(bytes, head, fields))
        {
            // The rest of this response is of no interest; without one the connection can serve the next attempt.
            if (ended) _progress |= Progress.ResponseEnded;
            DropUpstream();
            _progress &= ~Progress.ResponseEnded;
            _timedOut = false;
            if (TryRetry()) return;
            Reply(503, "the retry could not be made"u8, ReplyDetails.ResetOverflow, ResponseFlags.UpstreamOverflow);
            return;
        }

        // The rest of the request may take its time once there is an answer (Envoy's request_timeout).
        TimerWheel.Disarm(_requestTimer);
        _body.Clear(_worker.Buffers);
        _responseStartNs = _worker.Clock.NowNs;
        _serviceTimeMs = (_responseStartNs - _sentNs) / 1_000_000;
        _status = head.Status;
        _details = ReplyDetails.ViaUpstream;
        _progress |= Progress.ResponseStarted;
        TouchIdle();
        EditResponse(bytes, head, fields);
        if (_webResponse != GrpcWebEncoding.None)
        {
            SendWebHead(bytes, head, fields, ended);
            return;
        }

        SendHead(_downstream!, head.Status, new HeadView(bytes, fields, head.FieldsEnd, _responseEdits), head.Framing, ended);
        if (head.Status == 101 || (IsConnect && head.Status is >= 200 and < 300))
        {
            _progress |= Progress.Tunnel;
            if (!IsConnect) _progress &= ~Progress.RequestEnded;
            _downstream!.StartTunnel();
            if (Is(Progress.RequestEnded)) _upstream?.SendEnd();
        }

        if (ended) OnResponseEnd();
    }

    /// <summary>Body bytes came from the upstream; in a tunnel, any bytes.</summary>
    public void OnResponseData(ReadOnlySpan<byte> data)
    {
        TouchIdle();
        TouchTryIdle();
        if (_isGrpc) _responseMessages += _responseBounds.Count(data);
        if (_webResponse == GrpcWebEncoding.Text)
        {
            SendWebText(data);
            return;
        }

        _responseBytes += data.Length;
        _downstream?.SendData(data);
    }

    /// <summary>The response is complete; in a tunnel, the upstream ended its side.</summary>
    public void OnResponseEnd()
    {
        if (Is(Progress.Finished)) return;
        if (Is(Progress.Tunnel))
        {
            _progress |= Progress.ResponseEnded;
            _downstream?.SendEnd();
            FinishTunnel();
            return;
        }

        if (_webResponse != GrpcWebEncoding.None && _grpcStatus < 0) SendWebTrailers(MissingStatus);
        // The body's end goes out with the last data; the record counts what was sent.
        _downstream?.SendEnd();
        _progress |= Progress.ResponseEnded;
        Finish();
    }

    /// <summary>The response ends with trailers, of which gRPC's status is one.</summary>
    public void OnResponseTrailers(HeadView trailers)
    {
        if (Is(Progress.Finished | Progress.Tunnel)) return;
        if (trailers.TryGet(KnownHeader.GrpcStatus, out ReadOnlySpan<byte> text) && Utf8Parser.TryParse(text, out int status, out _)) _grpcStatus = status;
        if (_http.TelemetryOf(_worker).LoggedTrailers is { Length: > 0 } logged) _keptTrailers.Keep(trailers, logged, _worker.Buffers);
        byte[] room = _worker.Buffers.Rent(trailers.Buffer.Length + (4 * trailers.Fields.Length));
        int length = TrailerLines.Write(trailers, room);
        if (_webResponse == GrpcWebEncoding.None)
        {
            _downstream?.SendTrailers(room.AsSpan(0, length));
        }
        else
        {
            SendWebTrailers(room.AsSpan(0, length));
            _downstream?.SendEnd();
        }

        _worker.Buffers.Return(room);
        _progress |= Progress.ResponseEnded;
        Finish();
    }

    /// <summary>Answers the request here: the one place where a reason becomes status, body, flag and details.</summary>
    /// <param name="grpcStatus">What a gRPC client is told; −1 for what follows from <paramref name="status"/>.</param>
    public void Reply(int status, ReadOnlySpan<byte> body, byte[] details, ResponseFlags flags, int grpcStatus = -1)
    {
        if (Is(Progress.Mirror))
        {
            Finish();
            return;
        }

        DropUpstream();
        _flags |= flags;
        _details = details;
        _progress |= Progress.ResponseStarted;
        IDownstreamStream downstream = _downstream!;
        if (_isGrpc)
        {
            _grpcStatus = grpcStatus < 0 ? GrpcStatusOf(status) : grpcStatus;
            ReplyGrpc(downstream, body);
            return;
        }

        _status = status;
        bool contentless = status is 204 or 304;
        if (contentless) body = default;
        if (!body.IsEmpty)
        {
            Span<byte> length = stackalloc byte[20];
            Utf8Formatter.TryFormat(body.Length, length, out int digits);
            _responseEdits.Append(KnownHeader.ContentLength, length[..digits]);
            _responseEdits.Append(KnownHeader.ContentType, "text/plain"u8);
        }
        else if (!contentless)
        {
            _responseEdits.Append(KnownHeader.ContentLength, "0"u8);
        }

        AddOwnHeaders();
        bool bodiless = body.IsEmpty || _request.Method == RequestMethod.Head;
        SendHead(downstream, status, new HeadView(default, default, 0, _responseEdits), bodiless ? BodyFraming.None : BodyFraming.ContentLength, end: bodiless);
        if (!bodiless)
        {
            downstream.SendData(body);
            _responseBytes += body.Length;
            downstream.SendEnd();
        }

        _progress |= Progress.ResponseEnded;
        Finish();
    }

    /// <summary>As above, with texts that are not at hand as bytes.</summary>
    public void Reply(int status, string body, string details, ResponseFlags flags) =>
        Reply(status, Encoding.UTF8.GetBytes(body), Encoding.ASCII.GetBytes(details), flags);

    /// <summary>There is no memory for one more request (Envoy's stop_accepting_requests).</summary>
    private void RefuseOverloaded()
    {
        Count(HttpStat.DownstreamRqOverloadClose);
        _isGrpc = GrpcMediaType.IsGrpc(View(KnownHeader.ContentType), out _);
        if (_http.Model.AppendLocalOverload) _responseEdits.Append(s_localOverloaded, "true"u8);
        Reply(503, "envoy overloaded"u8, ReplyDetails.Overload, ResponseFlags.OverloadManager);
    }

    private const int GrpcDeadlineExceeded = 4;

    private static int GrpcStatusOf(int status) => status switch
    {
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 or 502 or 503 or 504 => 14,
        _ => 2,
    };

    private void ReplyGrpc(IDownstreamStream downstream, ReadOnlySpan<byte> message)
    {
        _status = 200;
        AppendGrpcType();
        Span<byte> number = stackalloc byte[20];
        Utf8Formatter.TryFormat(_grpcStatus, number, out int digits);
        _responseEdits.Append(KnownHeader.GrpcStatus, number[..digits]);
        AppendGrpcMessage(message);
        _responseEdits.Append(KnownHeader.ContentLength, "0"u8);
        AddOwnHeaders();
        SendHead(downstream, 200, new HeadView(default, default, 0, _responseEdits), BodyFraming.None, end: true);
        _progress |= Progress.ResponseEnded;
        Finish();
    }

    /// <summary>An upstream failed and will not be tried again.</summary>
    private void ReplyToFailure(UpstreamFailure failure, int error, string detail)
    {
        ReadOnlySpan<byte> prefix = "upstream connect error or disconnect/reset before headers. reset reason: "u8;
        if (detail.Length > 0) _transportFailure = Encoding.UTF8.GetBytes(detail);
        else if (error != 0 && failure == UpstreamFailure.ConnectFailure) _transportFailure = Encoding.ASCII.GetBytes($"delayed connect error: {error}");
        switch (failure)
        {
            case UpstreamFailure.ConnectFailure:
                byte[] body = _transportFailure.Length > 0
                    ? [.. prefix, .. "remote connection failure, transport failure reason: "u8, .. _transportFailure]
                    : [.. prefix, .. "remote connection failure"u8];
                Reply(503, body, ReplyDetails.ResetBeforeConnect, ResponseFlags.UpstreamConnectionFailure);
                break;
            case UpstreamFailure.ConnectTimeout:
                Reply(503, [.. prefix, .. "connection timeout"u8], ReplyDetails.ResetConnectTimeout, ResponseFlags.UpstreamConnectionFailure);
                break;
            case UpstreamFailure.Protocol:
                Reply(502, [.. prefix, .. "protocol error"u8], ReplyDetails.ResetProtocol, ResponseFlags.UpstreamProtocolError);
                break;
            case UpstreamFailure.Reset:
                Reply(503, [.. prefix, .. "remote reset"u8], ReplyDetails.ResetRemote, ResponseFlags.UpstreamRemoteReset);
                break;
            case UpstreamFailure.Refused or UpstreamFailure.NotProcessed:
                Reply(503, [.. prefix, .. "remote refused stream reset"u8], ReplyDetails.ResetRefused, ResponseFlags.UpstreamRemoteReset);
                break;
            case UpstreamFailure.PerTryTimeout or UpstreamFailure.PerTryIdleTimeout:
                byte[] which = failure == UpstreamFailure.PerTryTimeout ? ReplyDetails.PerTryTimeout : ReplyDetails.PerTryIdleTimeout;
                Reply(504, "upstream request timeout"u8, which, ResponseFlags.UpstreamRequestTimeout);
                break;
            default:
                Reply(503, [.. prefix, .. "connection termination"u8], ReplyDetails.ResetTermination, ResponseFlags.UpstreamConnectionTermination);
                break;
        }
    }

    /// <summary>Sends a final head; what access logs print of it is kept.</summary>
    private void SendHead(IDownstreamStream downstream, int status, HeadView view, BodyFraming framing, bool end)
    {
        if (_http.TelemetryOf(_worker).LoggedHeaders is { Length: > 0 } logged) _keptHeaders.Keep(view, logged, _worker.Buffers);
        downstream.SendHead(status, view, framing, end);
    }

    private void EditResponse(ReadOnlySpan<byte> bytes, in ResponseHead head, ReadOnlySpan<HeaderField> fields)
    {
        bool hasDate = false, hasServer = false;
        for (int i = 0; i < fields.Length; i++)
        {
            ref readonly HeaderField field = ref fields[i];
            if ((field.Flags & HeaderFieldFlags.NotForwarded) != 0) _responseEdits.Remove(i);
            switch (field.Known)
            {
                case KnownHeader.Date:
                    hasDate = true;
                    break;
                case KnownHeader.Server:
                    hasServer = true;
                    if (_http.Model.ServerHeader == ServerHeaderMode.Overwrite) _responseEdits.Remove(i);
                    break;
                case KnownHeader.TransferEncoding or KnownHeader.XEnvoyUpstreamServiceTime:
                // What follows has no length (RFC 9110 section 9.3.6).
                case KnownHeader.ContentLength when IsConnect && head.Status is >= 200 and < 300:
                    _responseEdits.Remove(i);
                    break;
                case KnownHeader.SecWebsocketAccept when _request.Version == WireVersion.Http2:
                    // The key was ours, not the client's.
                    _responseEdits.Remove(i);
                    break;
                case KnownHeader.GrpcStatus:
                    if (Utf8Parser.TryParse(field.Value(bytes), out int grpc, out _)) _grpcStatus = grpc;
                    break;
                default:
                    break;
            }
        }

        if (head.Status == 101) _responseEdits.Append(KnownHeader.Upgrade, head.UpgradeToken.Of(bytes));
        Span<byte> number = stackalloc byte[20];
        Utf8Formatter.TryFormat(_serviceTimeMs, number, out int digits);
        _responseEdits.Append(KnownHeader.XEnvoyUpstreamServiceTime, number[..digits]);
        if (!hasDate) _responseEdits.Append(KnownHeader.Date, _worker.Date.Bytes(_worker.Clock));
        if (_http.Model.ServerHeader == ServerHeaderMode.Overwrite || (!hasServer && _http.Model.ServerHeader == ServerHeaderMode.AppendIfAbsent))
            _responseEdits.Append(KnownHeader.Server, _http.ServerName);
        AddCommonHeaders(fields);
        AppendStickyCookie();
        if (_choice is { ResponseMutations.IsEmpty: false } choice)
            Mutate(choice.ResponseMutations, new HeadView(bytes, fields, head.FieldsEnd, _responseEdits), head.Status);
        MarkForOrigin(fields);
    }

    /// <summary>What every response of this proxy's own carries.</summary>
    private void AddOwnHeaders()
    {
        _responseEdits.Append(KnownHeader.Date, _worker.Date.Bytes(_worker.Clock));
        if (_http.Model.ServerHeader != ServerHeaderMode.PassThrough) _responseEdits.Append(KnownHeader.Server, _http.ServerName);
        AddCommonHeaders(default);
        MarkForOrigin(default);
    }

    private void AddCommonHeaders(ReadOnlySpan<HeaderField> fields)
    {
        if (_attempts > 0 && _route is { VirtualHost.IncludeAttemptCountInResponse: true })
        {
            Span<byte> number = stackalloc byte[20];
            Utf8Formatter.TryFormat(_attempts, number, out int digits);
            _responseEdits.Set(KnownHeader.XEnvoyAttemptCount, number[..digits], fields);
        }

        if (_http.Via.Length > 0) _responseEdits.Append(KnownHeader.Via, _http.Via);
        if (_http.Model.AlwaysSetRequestIdInResponse && RequestView.TryGet(KnownHeader.XRequestId, out ReadOnlySpan<byte> id))
            _responseEdits.Append(KnownHeader.XRequestId, id);
    }
}
