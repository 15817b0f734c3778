using Weft.Proxy.Model;
using Weft.Wire.Http;

namespace Weft.Proxy.Telemetry.AccessLogs;

/// <summary>What log operators print, the same for exchanges and for connections; lives on the stack while one line is written.</summary>
internal readonly ref struct LogFacts
{
    private readonly ReadOnlySpan<byte> _requestBytes;
    private readonly ReadOnlySpan<HeaderField> _requestFields;
    private readonly ReadOnlySpan<byte> _responseBytes;
    private readonly ReadOnlySpan<HeaderField> _responseFields;
    private readonly ReadOnlySpan<byte> _trailerBytes;
    private readonly ReadOnlySpan<HeaderField> _trailerFields;
    private readonly HeaderEdits? _requestEdits;

    public LogFacts(scoped in ExchangeRecord record)
    {
        _requestBytes = record.RequestBytes;
        _requestFields = record.RequestFields;
        _responseBytes = record.ResponseBytes;
        _responseFields = record.ResponseFields;
        _trailerBytes = record.TrailerBytes;
        _trailerFields = record.TrailerFields;
        _requestEdits = record.RequestEdits;
        IsHttp = true;
        HasHead = record.Request.MethodName.Length > 0;
        if (HasHead)
        {
            Method = record.Request.MethodName.Of(record.RequestBytes);
            // A target in absolute form without a path asks for "/".
            Path = record.Request.PathAndQuery.IsEmpty ? "/"u8 : record.Request.PathAndQuery.Of(record.RequestBytes);
            Authority = record.Request.Authority.Of(record.RequestBytes);
            Version = record.Request.Version;
        }

        RequestId = record.RequestId;
        ForwardedFor = record.ForwardedFor;
        Status = record.Status;
        Flags = record.Flags;
        Details = record.Details;
        TerminationDetails = record.TerminationDetails;
        UpstreamFailure = record.UpstreamFailure;
        ReceivedBytes = record.RequestBodyBytes;
        SentBytes = record.ResponseBodyBytes;
        StartUnixMicroseconds = record.StartUnixMicroseconds;
        DurationMicroseconds = record.DurationMicroseconds;
        RequestMicroseconds = record.RequestMicroseconds;
        ResponseMicroseconds = record.ResponseMicroseconds;
        UpstreamServiceMilliseconds = record.UpstreamServiceMilliseconds;
        DownstreamLocal = record.DownstreamLocal;
        DownstreamRemote = record.DownstreamRemote;
        DownstreamDirectRemote = record.DownstreamDirectRemote;
        DownstreamTls = record.DownstreamTls;
        ServerName = record.RequestedServerName;
        Cluster = record.Cluster;
        UpstreamRemote = record.UpstreamRemote;
        UpstreamLocal = record.UpstreamLocal;
        RouteName = record.RouteName;
        Attempts = record.Attempts;
        GrpcStatus = record.IsGrpc ? record.GrpcStatus : -1;
    }

    public LogFacts(scoped in ConnectionRecord record)
    {
        Flags = record.Flags;
        TerminationDetails = record.TerminationDetails;
        DownstreamFailure = record.DownstreamFailure;
        UpstreamFailure = record.UpstreamFailure;
        ReceivedBytes = record.ReceivedBytes;
        SentBytes = record.SentBytes;
        StartUnixMicroseconds = record.StartUnixMicroseconds;
        DurationMicroseconds = record.DurationMicroseconds;
        RequestMicroseconds = ResponseMicroseconds = UpstreamServiceMilliseconds = -1;
        DownstreamLocal = record.DownstreamLocal;
        DownstreamRemote = DownstreamDirectRemote = record.DownstreamRemote;
        DownstreamTls = record.DownstreamTls;
        ServerName = record.RequestedServerName;
        Cluster = record.Cluster;
        UpstreamRemote = record.UpstreamRemote;
        UpstreamLocal = record.UpstreamLocal;
        GrpcStatus = -1;
    }

    public bool IsHttp { get; }

    /// <summary>False when the request could not be parsed.</summary>
    public bool HasHead { get; }

    public ReadOnlySpan<byte> Method { get; }

    public ReadOnlySpan<byte> Path { get; }

    public ReadOnlySpan<byte> Authority { get; }

    public WireVersion Version { get; }

    public ReadOnlySpan<byte> RequestId { get; }

    public ReadOnlySpan<byte> ForwardedFor { get; }

    public int Status { get; }

    public ResponseFlags Flags { get; }

    public ReadOnlySpan<byte> Details { get; }

    public ReadOnlySpan<byte> TerminationDetails { get; }

    public string? DownstreamFailure { get; }

    public ReadOnlySpan<byte> UpstreamFailure { get; }

    public long ReceivedBytes { get; }

    public long SentBytes { get; }

    public long StartUnixMicroseconds { get; }

    public long DurationMicroseconds { get; }

    public long RequestMicroseconds { get; }

    public long ResponseMicroseconds { get; }

    public long UpstreamServiceMilliseconds { get; }

    public NetworkAddress DownstreamLocal { get; }

    public NetworkAddress DownstreamRemote { get; }

    public NetworkAddress DownstreamDirectRemote { get; }

    public DownstreamTlsFacts? DownstreamTls { get; }

    public string? ServerName { get; }

    public ClusterTelemetry? Cluster { get; }

    public NetworkAddress UpstreamRemote { get; }

    public NetworkAddress UpstreamLocal { get; }

    public string? RouteName { get; }

    public int Attempts { get; }

    public int GrpcStatus { get; }

    /// <summary>The first value of a request header as it goes upstream, or as the client sent it when it goes no further; false when there is none.</summary>
    public bool TryGetRequest(HeaderName name, out ReadOnlySpan<byte> value) =>
        new HeadView(_requestBytes, _requestFields, 0, _requestEdits).TryGet(name, out value)
        || new HeadView(_requestBytes, _requestFields, 0, null).TryGet(name, out value);

    /// <summary>The first value of a response trailer; false when there is none.</summary>
    public bool TryGetTrailer(HeaderName name, out ReadOnlySpan<byte> value) => new HeadView(_trailerBytes, _trailerFields, 0, null).TryGet(name, out value);

    /// <summary>The first value of a response header; false when there is none.</summary>
    public bool TryGetResponse(HeaderName name, out ReadOnlySpan<byte> value) =>
        new HeadView(_responseBytes, _responseFields, 0, null).TryGet(name, out value);
}
