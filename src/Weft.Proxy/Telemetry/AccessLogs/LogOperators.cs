using Weft.Proxy.Model;
using Weft.Wire.Http;

namespace Weft.Proxy.Telemetry.AccessLogs;

/// <summary>Writes the value of one operator; the meanings are those of Envoy's access log command operators.</summary>
internal static class LogOperators
{
    private static readonly string[] GrpcNames =
    [
        "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists", "PermissionDenied", "ResourceExhausted",
        "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss", "Unauthenticated",
    ];

    /// <summary>False when there is no value; nothing was written then.</summary>
    public static bool Write(LogSegment segment, scoped in LogFacts facts, ref LogLine line)
    {
        int max = segment.MaxBytes;
        switch (segment.Operator)
        {
            case LogOperator.StartTime: LogTime.Write(facts.StartUnixMicroseconds, segment.Text, ref line); return true;
            case LogOperator.Req: return RequestHeader(segment.Header!, in facts, max, ref line) || (segment.Alternative is { } other && RequestHeader(other, in facts, max, ref line));
            case LogOperator.ReqWithoutQuery: return WithoutQuery(segment, in facts, max, ref line);
            case LogOperator.Resp: return ResponseHeader(segment.Header!, in facts, max, ref line) || (segment.Alternative is { } second && ResponseHeader(second, in facts, max, ref line));
            case LogOperator.Trailer: return Trailer(segment.Header!, in facts, max, ref line) || (segment.Alternative is { } third && Trailer(third, in facts, max, ref line));
            case LogOperator.Protocol: return Protocol(in facts, ref line);
            case LogOperator.ResponseCode: line.Number(facts.Status); return true;
            case LogOperator.ResponseFlags: return Flags(facts.Flags, ref line);
            case LogOperator.ResponseCodeDetails: return Bytes(facts.Details, max, ref line);
            case LogOperator.ConnectionTerminationDetails: return Bytes(facts.TerminationDetails, max, ref line);
            case LogOperator.UpstreamTransportFailureReason: return Bytes(facts.UpstreamFailure, max, ref line);
            case LogOperator.DownstreamTransportFailureReason: return Text(facts.DownstreamFailure, max, ref line);
            case LogOperator.BytesReceived: line.Number(facts.ReceivedBytes); return true;
            case LogOperator.BytesSent: line.Number(facts.SentBytes); return true;
            case LogOperator.Duration: return Milliseconds(facts.DurationMicroseconds, ref line);
            case LogOperator.RequestDuration: return Milliseconds(facts.RequestMicroseconds, ref line);
            case LogOperator.ResponseDuration: return Milliseconds(facts.ResponseMicroseconds, ref line);
            case LogOperator.ResponseTxDuration: return Milliseconds(facts.ResponseMicroseconds < 0 ? -1 : facts.DurationMicroseconds - facts.ResponseMicroseconds, ref line);
            case LogOperator.UpstreamRequestAttemptCount: line.Number(facts.Attempts); return true;
            case LogOperator.UpstreamCluster: return Text(facts.Cluster?.Stats.Name, max, ref line);
            case LogOperator.UpstreamClusterRaw: return Text(facts.Cluster?.Name, max, ref line);
            case LogOperator.RequestedServerName: return Text(facts.ServerName, max, ref line);
            case LogOperator.RouteName: return Text(facts.RouteName, max, ref line);
            case LogOperator.Hostname: line.Value(segment.Text, max); return true;
            case LogOperator.GrpcStatus: return Grpc(facts.GrpcStatus, ref line);
            case LogOperator.GrpcStatusNumber:
                if (facts.GrpcStatus < 0) return false;
                line.Number(facts.GrpcStatus);
                return true;
            default: return WriteTransport(segment, in facts, ref line);
        }
    }

    /// <summary>Operators about addresses and certificates.</summary>
    private static bool WriteTransport(LogSegment segment, scoped in LogFacts facts, ref LogLine line) => segment.Operator switch
    {
        LogOperator.UpstreamHost or LogOperator.UpstreamRemoteAddress => Address(facts.UpstreamRemote, ref line),
        LogOperator.UpstreamRemoteAddressWithoutPort => Ip(facts.UpstreamRemote, ref line),
        LogOperator.UpstreamRemotePort => Port(facts.UpstreamRemote, ref line),
        LogOperator.UpstreamLocalAddress => Address(facts.UpstreamLocal, ref line),
        LogOperator.UpstreamLocalAddressWithoutPort => Ip(facts.UpstreamLocal, ref line),
        LogOperator.UpstreamLocalPort => Port(facts.UpstreamLocal, ref line),
        LogOperator.DownstreamLocalAddress => Address(facts.DownstreamLocal, ref line),
        LogOperator.DownstreamLocalAddressWithoutPort => Ip(facts.DownstreamLocal, ref line),
        LogOperator.DownstreamLocalPort => Port(facts.DownstreamLocal, ref line),
        LogOperator.DownstreamRemoteAddress => Address(facts.DownstreamRemote, ref line),
        LogOperator.DownstreamDirectRemoteAddress => Address(facts.DownstreamDirectRemote, ref line),
        LogOperator.DownstreamRemoteAddressWithoutPort => Ip(facts.DownstreamRemote, ref line),
        LogOperator.DownstreamDirectRemoteAddressWithoutPort => Ip(facts.DownstreamDirectRemote, ref line),
        LogOperator.DownstreamRemotePort => Port(facts.DownstreamRemote, ref line),
        LogOperator.DownstreamDirectRemotePort => Port(facts.DownstreamDirectRemote, ref line),
        LogOperator.DownstreamPeerUriSan => Text(facts.DownstreamTls?.PeerUriSan, segment.MaxBytes, ref line),
        LogOperator.DownstreamPeerSubject => Text(facts.DownstreamTls?.PeerSubject, segment.MaxBytes, ref line),
        LogOperator.DownstreamLocalUriSan => Text(facts.DownstreamTls?.LocalUriSan, segment.MaxBytes, ref line),
        LogOperator.DownstreamTlsVersion => Text(facts.DownstreamTls?.Version, segment.MaxBytes, ref line),
        LogOperator.DownstreamTlsCipher => Text(facts.DownstreamTls?.Cipher, segment.MaxBytes, ref line),
        _ => false,
    };

    private static bool RequestHeader(LogHeader header, scoped in LogFacts facts, int max, ref LogLine line)
    {
        if (!facts.IsHttp) return false;
        switch (header.Pseudo)
        {
            case "": break;
            case ":method": return Bytes(facts.Method, max, ref line);
            case ":path": return Bytes(facts.Path, max, ref line);
            case ":authority": return Bytes(facts.Authority, max, ref line);
            case ":scheme": return Bytes(facts.DownstreamTls is not null ? "https"u8 : "http"u8, max, ref line);
            default: return false;
        }

        // These two are as they were sent upstream, where they may have been made or extended.
        if (header.Known == KnownHeader.XRequestId) return Bytes(facts.RequestId, max, ref line);
        if (header.Known == KnownHeader.XForwardedFor) return Bytes(facts.ForwardedFor, max, ref line);
        return facts.TryGetRequest(header.Name!, out ReadOnlySpan<byte> value) && Bytes(value, max, ref line);
    }

    private static bool ResponseHeader(LogHeader header, scoped in LogFacts facts, int max, ref LogLine line)
    {
        // This one is made by the proxy itself, whether or not the response's head was kept.
        if (header.Known == KnownHeader.XEnvoyUpstreamServiceTime)
        {
            if (facts.UpstreamServiceMilliseconds < 0) return false;
            line.Number(facts.UpstreamServiceMilliseconds);
            return true;
        }

        if (header.Pseudo == ":status")
        {
            line.Number(facts.Status);
            return true;
        }

        return header.Name is { } name && facts.TryGetResponse(name, out ReadOnlySpan<byte> value) && Bytes(value, max, ref line);
    }

    private static bool Trailer(LogHeader header, scoped in LogFacts facts, int max, ref LogLine line) =>
        header.Name is { } name && facts.TryGetTrailer(name, out ReadOnlySpan<byte> value) && Bytes(value, max, ref line);

    private static bool WithoutQuery(LogSegment segment, scoped in LogFacts facts, int max, ref LogLine line)
    {
        if (segment.Header!.Pseudo != ":path" && segment.Alternative?.Pseudo != ":path") return RequestHeader(segment.Header, in facts, max, ref line);
        int query = facts.Path.IndexOf((byte)'?');
        return Bytes(query < 0 ? facts.Path : facts.Path[..query], max, ref line);
    }

    private static bool Protocol(scoped in LogFacts facts, ref LogLine line)
    {
        if (!facts.HasHead) return false;
        line.Literal(facts.Version switch { WireVersion.Http10 => "HTTP/1.0"u8, WireVersion.Http11 => "HTTP/1.1"u8, _ => "HTTP/2"u8 });
        return true;
    }

    private static bool Flags(ResponseFlags flags, ref LogLine line)
    {
        Span<byte> text = stackalloc byte[ResponseFlagNames.MaxBytes];
        line.Literal(text[..ResponseFlagNames.Write(flags, text)]);
        return true;
    }

    private static bool Grpc(int status, ref LogLine line)
    {
        if (status < 0) return false;
        if (status < GrpcNames.Length) line.Value(GrpcNames[status], 0);
        else line.Number(status);
        return true;
    }

    private static bool Milliseconds(long microseconds, ref LogLine line)
    {
        if (microseconds < 0) return false;
        line.Number(microseconds / 1000);
        return true;
    }

    private static bool Address(NetworkAddress address, ref LogLine line)
    {
        if (address.IsNone) return false;
        Span<byte> text = stackalloc byte[64];
        line.Literal(text[..address.Format(text)]);
        return true;
    }

    private static bool Ip(NetworkAddress address, ref LogLine line)
    {
        if (address.IsNone) return false;
        Span<byte> text = stackalloc byte[64];
        line.Literal(text[..address.FormatIp(text)]);
        return true;
    }

    private static bool Port(NetworkAddress address, ref LogLine line)
    {
        if (address.IsNone) return false;
        line.Number(address.Port);
        return true;
    }

    private static bool Text(string? value, int max, ref LogLine line)
    {
        if (string.IsNullOrEmpty(value)) return false;
        line.Value(value, max);
        return true;
    }

    private static bool Bytes(ReadOnlySpan<byte> value, int max, ref LogLine line)
    {
        if (value.IsEmpty) return false;
        line.Value(value, max);
        return true;
    }
}
