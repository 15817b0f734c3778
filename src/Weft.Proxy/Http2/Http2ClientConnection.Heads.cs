using Weft.Proxy.Http;
using Weft.Proxy.Telemetry;
using Weft.Wire.Http;
using Weft.Wire.Http1;
using Weft.Wire.Http2;
using Weft.Wire.WebSockets;

namespace Weft.Proxy.Http2;

/// <summary>Request heads on their way out, response heads and trailers on their way in.</summary>
internal sealed partial class Http2ClientConnection
{
    private const int MaxFields = 100;
    private const int MaxInterimHeads = 16;
    private readonly HeaderField[] _fields = new HeaderField[MaxFields + 1];

    /// <summary>Sends a request's head. An upgrade becomes an extended CONNECT (RFC 8441), which an endpoint that does not know it refuses.</summary>
    internal void SendHead(Http2ClientStream stream, HttpExchange exchange, bool end)
    {
        if (!stream.State.SendHeaders(end)) return;
        if (exchange.IsConnect)
        {
            SendConnect(stream, exchange, end);
            return;
        }

        HeadView view = exchange.RequestView;
        ReadOnlySpan<byte> path = exchange.UpstreamPath;
        HpackWriter writer = BeginBlock(view, path.Length + 128, out Span<byte> room, out byte[]? rented);
        writer.Pseudo(HpackStaticTable.Method, exchange.IsUpgrade ? "CONNECT"u8 : exchange.Head.MethodName.Of(view.Buffer));
        // The scheme of the hop: a server may refuse one that its connection contradicts.
        writer.Pseudo(HpackStaticTable.Scheme, IsTls ? "https"u8 : "http"u8);
        writer.Pseudo(HpackStaticTable.Path, path);
        if (view.TryGet(KnownHeader.Host, out ReadOnlySpan<byte> host)) writer.Pseudo(HpackStaticTable.Authority, host);
        if (exchange.IsUpgrade)
        {
            writer.Protocol(exchange.Head.UpgradeToken.Of(view.Buffer));
            view.Edits?.Remove(KnownHeader.SecWebsocketKey, view.Fields);
        }

        writer.Fields(view);
        // It concerns one hop and was taken off with the rest of its kind, but gRPC's servers want it said.
        if (exchange.Head.Has(HeadFlags.AcceptsTrailers)) writer.Field(KnownHeader.Te, "trailers"u8);
        EndBlock(stream, writer.Length, room, rented, end);
    }

    /// <summary>A CONNECT has neither scheme nor path (RFC 9113 section 8.5); a client's has fields of its own, one of ours has none.</summary>
    private void SendConnect(Http2ClientStream stream, HttpExchange exchange, bool end)
    {
        HeadView view = exchange.IsOwnConnect ? default : exchange.RequestView;
        ReadOnlySpan<byte> authority = exchange.ConnectAuthority;
        HpackWriter writer = BeginBlock(view, authority.Length + 64, out Span<byte> room, out byte[]? rented);
        writer.Pseudo(HpackStaticTable.Method, "CONNECT"u8);
        writer.Pseudo(HpackStaticTable.Authority, authority);
        if (!exchange.IsOwnConnect) writer.Fields(view);
        EndBlock(stream, writer.Length, room, rented, end);
    }

    protected override Http2Error OnHeaderBlock(Http2Stream? stream, int streamId, bool isNew, ReadOnlySpan<byte> block, bool endStream, bool dependsOnItself)
    {
        if (stream is not Http2ClientStream { Exchange: { } exchange } known) return Discard(block, Http2Error.None);
        known.NoteResponse();
        byte[] buffer = Worker.Buffers.Rent(Engine.Worker.ScratchBytes);
        Http2Error error = known.HasHead ? ReadTrailers(known, block, endStream, buffer) : ReadHead(known, exchange, block, endStream, buffer);
        Worker.Buffers.Return(buffer);
        if (!error.IsNone) _stats.Add(ClusterStat.Http2RxMessagingError);
        return error;
    }

    private Http2Error ReadHead(Http2ClientStream stream, HttpExchange exchange, ReadOnlySpan<byte> block, bool endStream, byte[] buffer)
    {
        var builder = Http2HeadBuilder.ForResponse(buffer, _fields.AsSpan(0, MaxFields));
        HpackResult result = Decode(block, new HpackLimits(_cluster.MaxResponseHeadersBytes, MaxFields), ref builder);
        if (result.Error != HpackError.None) return Http2Error.Connection(Http2ErrorCode.CompressionError, Http2Reason.BadHeaderBlock);
        if (result.IsOverLimit) _stats.Add(ClusterStat.Http2HeaderOverflow);
        Http2HeadError wrong = builder.FinishResponse(exchange.IsUpgrade ? RequestMethod.Connect : exchange.Head.Method, endStream, out ResponseHead head);
        if (wrong != Http2HeadError.None || result.IsOverLimit || (head.IsInterim && ++stream.Interims > MaxInterimHeads))
            return Http2Error.Stream(Http2ErrorCode.ProtocolError, Http2Reason.MalformedMessage);
        Http2Error error = stream.State.ReceiveHeaders(endStream, head.IsInterim);
        if (!error.IsNone) return error;
        if (head.IsInterim)
        {
            exchange.OnInterim(buffer.AsSpan(0, builder.Length), head, _fields.AsSpan(0, head.FieldCount));
            return Http2Error.None;
        }

        stream.HasHead = true;
        int length = builder.Length;
        if (exchange.NeedsConnectProtocol && head.Status is >= 200 and < 300)
            Accept(exchange, buffer, ref length, ref head);
        else if (head.Framing != BodyFraming.Chunked)
            stream.RemoteLength = new Http2BodyLength(head.Framing == BodyFraming.ContentLength ? head.ContentLength : 0);
        exchange.OnResponseHead(buffer.AsSpan(0, length), head, _fields.AsSpan(0, head.FieldCount), endStream);
        if (stream.IsAttached) RemoveIfOver(stream);
        return Http2Error.None;
    }

    /// <summary>A tunnel was opened: the exchange sees what an upstream of HTTP/1.1 would say, with the proof that a client of HTTP/1.1 asks for.</summary>
    private void Accept(HttpExchange exchange, Span<byte> buffer, ref int length, ref ResponseHead head)
    {
        HeadView request = exchange.RequestView;
        ReadOnlySpan<byte> token = exchange.Head.UpgradeToken.Of(request.Buffer);
        int at = head.FieldsEnd;
        if (ushort.MaxValue - length < token.Length + 64) return;
        head.Status = 101;
        for (int i = 0; i < request.Fields.Length; i++)
        {
            ref readonly HeaderField field = ref request.Fields[i];
            if (field.Known != KnownHeader.SecWebsocketKey || !WebSocketHandshake.IsKey(field.Value(request.Buffer))) continue;
            "sec-websocket-accept: "u8.CopyTo(buffer[at..]);
            WebSocketHandshake.WriteAccept(field.Value(request.Buffer), buffer.Slice(at + 22, WebSocketHandshake.AcceptLength));
            _fields[head.FieldCount++] = new HeaderField
            {
                NameOffset = (ushort)at,
                NameLength = 20,
                ValueOffset = (ushort)(at + 22),
                ValueLength = WebSocketHandshake.AcceptLength,
                Known = KnownHeader.SecWebsocketAccept,
            };
            at += 22 + WebSocketHandshake.AcceptLength;
            "\r\n"u8.CopyTo(buffer[at..]);
            at += 2;
            break;
        }

        head.FieldsEnd = (ushort)at;
        "\r\n"u8.CopyTo(buffer[at..]);
        at += 2;
        token.CopyTo(buffer[at..]);
        head.UpgradeToken = new ByteRange((ushort)at, (ushort)token.Length);
        length = at + token.Length;
    }

    private Http2Error ReadTrailers(Http2ClientStream stream, ReadOnlySpan<byte> block, bool endStream, byte[] buffer)
    {
        var builder = Http2HeadBuilder.ForTrailers(buffer, _fields.AsSpan(0, MaxFields), UnderscorePolicy.Allow);
        HpackResult result = Decode(block, new HpackLimits(_cluster.MaxResponseHeadersBytes, MaxFields), ref builder);
        if (result.Error != HpackError.None) return Http2Error.Connection(Http2ErrorCode.CompressionError, Http2Reason.BadHeaderBlock);
        Http2HeadError wrong = builder.FinishTrailers(out int count, out int end);
        Http2Error error = stream.State.ReceiveHeaders(endStream);
        if (!error.IsNone) return error;
        // In a tunnel there is nothing but DATA (RFC 9113 section 8.5).
        if (wrong != Http2HeadError.None || result.IsOverLimit || !stream.RemoteLength.MayEnd || stream.Exchange is { IsTunnel: true })
            return Http2Error.Stream(Http2ErrorCode.ProtocolError, Http2Reason.MalformedMessage);
        _stats.Add(ClusterStat.Http2Trailers);
        stream.OnTrailers(new HeadView(buffer.AsSpan(0, builder.Length), _fields.AsSpan(0, count), end, null));
        if (stream.IsAttached) EndRemote(stream);
        return Http2Error.None;
    }
}
