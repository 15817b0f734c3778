using System.Buffers.Text;
using Weft.Wire.Grpc;
using Weft.Wire.Http;

namespace Weft.Proxy.Http;

/// <summary>
/// gRPC-Web (Envoy's <c>grpc_web</c> filter, PROTOCOL-WEB.md): a browser's request becomes gRPC before the other filters see it, and what comes
/// back, also an answer made here, becomes gRPC-Web. Bodies stream: nothing is kept but three characters of a text, or two bytes of a message.
/// </summary>
internal sealed partial class HttpExchange
{
    private const int MaxGrpcMessageBytes = 1024;
    private GrpcWebEncoding _webRequest;
    private GrpcWebEncoding _webResponse;
    private GrpcWebTextDecoder _webDecoder;
    private GrpcWebTextEncoder _webEncoder;

    /// <summary>What a client is told when its response ends without a status, which one of gRPC would make up itself.</summary>
    private static ReadOnlySpan<byte> MissingStatus => "grpc-status: 2\r\ngrpc-message: the upstream ended the response without a status\r\n"u8;

    private void BeginGrpcWeb()
    {
        HeadView view = RequestView;
        if (!view.TryGet(KnownHeader.ContentType, out ReadOnlySpan<byte> type)) return;
        GrpcWebEncoding asked = GrpcMediaType.ReadWeb(type, out ReadOnlySpan<byte> format);
        if (asked == GrpcWebEncoding.None) return;
        _webRequest = asked;
        _webResponse = view.TryGet(KnownHeader.Accept, out ReadOnlySpan<byte> accept) ? GrpcMediaType.ReadAccept(accept, asked) : asked;
        _isGrpc = true;
        Span<byte> plain = stackalloc byte[GrpcMediaType.MaxBytes];
        _requestEdits.Set(KnownHeader.ContentType, plain[..GrpcMediaType.Write(GrpcWebEncoding.None, format, plain)], Fields);
        _requestEdits.Remove(KnownHeader.ContentLength, Fields);
        _request.Flags |= HeadFlags.AcceptsTrailers;
        if (_request.Framing != BodyFraming.ContentLength) return;
        _request.Framing = BodyFraming.Chunked;
        _request.ContentLength = 0;
        if (_request.Version != WireVersion.Http2) _requestEdits.Append(KnownHeader.TransferEncoding, "chunked"u8);
    }

    private void TakeWebText(ReadOnlySpan<byte> text)
    {
        byte[] room = _worker.Buffers.Rent(GrpcWebTextDecoder.MaxBytes(text.Length));
        if (_webDecoder.TryDecode(text, room, out int written)) PassBody(room.AsSpan(0, written));
        else RefuseWebText();
        _worker.Buffers.Return(room);
    }

    /// <summary>A body that is no base64 is given up: nothing complete may reach the upstream.</summary>
    private void RefuseWebText()
    {
        DropUpstream();
        if (Is(Progress.ResponseStarted))
        {
            _details = ReplyDetails.GrpcWebBadText;
            AbortDownstream();
            return;
        }

        Reply(400, "the gRPC-Web text is not base64"u8, ReplyDetails.GrpcWebBadText, Telemetry.ResponseFlags.None);
    }

    private void SendWebHead(ReadOnlySpan<byte> bytes, in ResponseHead head, ReadOnlySpan<HeaderField> fields, bool ended)
    {
        HeadView view = new(bytes, fields, head.FieldsEnd, _responseEdits);
        bool isGrpc = view.TryGet(KnownHeader.ContentType, out ReadOnlySpan<byte> type) & GrpcMediaType.IsGrpc(type, out ReadOnlySpan<byte> format);
        Span<byte> kept = stackalloc byte[GrpcMediaType.MaxBytes];
        int length = GrpcMediaType.Write(_webResponse, format, kept);
        _responseEdits.Set(KnownHeader.ContentType, kept[..length], fields);
        _responseEdits.Remove(KnownHeader.ContentLength, fields);
        if (!isGrpc && _grpcStatus < 0)
        {
            DescribeForeign(head.Status, fields);
            // What it says is not for this client: the attempt ends here.
            if (!ended) DropUpstream();
            ended = true;
        }

        SendHead(_downstream!, head.Status, view, ended ? BodyFraming.None : BodyFraming.Chunked, ended);
        if (!ended) return;
        _progress |= Progress.ResponseEnded;
        Finish();
    }

    /// <summary>Some HTTP server answered: its status is put in gRPC's terms.</summary>
    private void DescribeForeign(int status, ReadOnlySpan<HeaderField> fields)
    {
        _grpcStatus = GrpcStatusOf(status);
        Span<byte> number = stackalloc byte[20];
        Utf8Formatter.TryFormat(_grpcStatus, number, out int digits);
        _responseEdits.Set(KnownHeader.GrpcStatus, number[..digits], fields);
        _responseEdits.Set(KnownHeader.GrpcMessage, "the upstream answered with something that is not gRPC"u8, fields);
    }

    private void SendWebText(ReadOnlySpan<byte> data)
    {
        byte[] room = _worker.Buffers.Rent(GrpcWebTextEncoder.MaxCharacters(data.Length));
        SendWeb(room.AsSpan(0, _webEncoder.Encode(data, room)));
        _worker.Buffers.Return(room);
    }

    private void SendWebTrailers(ReadOnlySpan<byte> lines)
    {
        int bytes = GrpcWebTrailers.PrefixBytes + lines.Length;
        byte[] message = _worker.Buffers.Rent(bytes);
        GrpcWebTrailers.WritePrefix(lines.Length, message);
        lines.CopyTo(message.AsSpan(GrpcWebTrailers.PrefixBytes));
        if (_webResponse == GrpcWebEncoding.Binary)
        {
            SendWeb(message.AsSpan(0, bytes));
        }
        else
        {
            byte[] room = _worker.Buffers.Rent(4 + GrpcWebTextEncoder.MaxCharacters(bytes));
            // A message that was broken off ends here; the trailers are a text of their own.
            int length = _webEncoder.Flush(room);
            _webEncoder = default;
            length += _webEncoder.Encode(message.AsSpan(0, bytes), room.AsSpan(length));
            SendWeb(room.AsSpan(0, length));
            _worker.Buffers.Return(room);
        }

        _worker.Buffers.Return(message);
    }

    private void SendWeb(ReadOnlySpan<byte> bytes)
    {
        _responseBytes += bytes.Length;
        _downstream?.SendData(bytes);
    }

    private void AppendGrpcType()
    {
        Span<byte> type = stackalloc byte[GrpcMediaType.MaxBytes];
        _responseEdits.Append(KnownHeader.ContentType, type[..GrpcMediaType.Write(_webResponse, default, type)]);
    }

    private void AppendGrpcMessage(ReadOnlySpan<byte> message)
    {
        if (message.IsEmpty) return;
        Span<byte> encoded = stackalloc byte[MaxGrpcMessageBytes];
        _responseEdits.Append(KnownHeader.GrpcMessage, encoded[..GrpcMessageText.Encode(message, encoded)]);
    }

    private void ResetGrpcWeb()
    {
        _webRequest = _webResponse = GrpcWebEncoding.None;
        _webDecoder = default;
        _webEncoder = default;
    }
}
