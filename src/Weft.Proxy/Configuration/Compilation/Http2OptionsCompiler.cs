using Envoy.Config.Core.V3;
using Weft.Proxy.Model;
using Weft.Wire.Http2;

namespace Weft.Proxy.Configuration.Compilation;

/// <summary><c>Http2ProtocolOptions</c>, of a connection manager or of a cluster. What is not given is the model's default.</summary>
internal static class Http2OptionsCompiler
{
    private const int MaxWindowBytes = 256 * 1024 * 1024;
    private const int MaxTableBytes = 64 * 1024;
    private const int MaxFrames = 1_000_000;

    /// <summary>Compiles what one side is configured to.</summary>
    /// <param name="options">The message, or null.</param>
    /// <param name="parent">Where errors are noted.</param>
    /// <param name="isEdge">The peer is a stranger: the budgets for legal but useless frames are those of <see cref="Http2AbuseLimits.Edge"/>.</param>
    public static Http2Model Compile(Http2ProtocolOptions? options, CompileScope parent, bool isEdge = false)
    {
        Http2AbuseLimits abuse = isEdge ? Http2AbuseLimits.Edge : Http2AbuseLimits.Mesh;
        if (options is null) return isEdge ? Http2Model.Default with { Abuse = abuse } : Http2Model.Default;
        var scope = parent.Field("http2_protocol_options");
        scope.Refuse(options.AllowMetadata, "allow_metadata");
        scope.Refuse(options.MaxMetadataSize is not null, "max_metadata_size");
        scope.Refuse(options.StreamErrorOnInvalidHttpMessaging, "stream_error_on_invalid_http_messaging");
        scope.Refuse(options.OverrideStreamErrorOnInvalidHttpMessage == false, "override_stream_error_on_invalid_http_message", "ending the connection for one bad message.");
        scope.Refuse(options.MaxOutboundFrames is not null, "max_outbound_frames", "what waits is bounded in bytes.");
        scope.Refuse(options.MaxOutboundControlFrames is not null, "max_outbound_control_frames", "what waits is bounded in bytes.");
        scope.Refuse(options.ConnectionKeepalive?.IntervalJitter is not null, "connection_keepalive", "jitter.");
        scope.Refuse(options.ConnectionKeepalive?.ConnectionIdleInterval is not null, "connection_keepalive", "an interval for idle connections.");
        var given = Http2Model.Default;
        return new Http2Model
        {
            MaxConcurrentStreams = scope.Count(options.MaxConcurrentStreams, "max_concurrent_streams", given.MaxConcurrentStreams, 1),
            InitialStreamWindowBytes = scope.Count(options.InitialStreamWindowSize, "initial_stream_window_size", given.InitialStreamWindowBytes, Http2Settings.DefaultInitialWindowSize, MaxWindowBytes),
            InitialConnectionWindowBytes = scope.Count(options.InitialConnectionWindowSize, "initial_connection_window_size", given.InitialConnectionWindowBytes, Http2Settings.DefaultInitialWindowSize, MaxWindowBytes),
            HeaderTableBytes = scope.Count(options.HpackTableSize, "hpack_table_size", given.HeaderTableBytes, 0, MaxTableBytes),
            AllowConnect = options.AllowConnect,
            Abuse = Abuse(options, abuse, scope),
            KeepaliveInterval = scope.Duration(options.ConnectionKeepalive?.Interval, "connection_keepalive", TimeSpan.Zero),
            KeepaliveTimeout = scope.Duration(options.ConnectionKeepalive?.Timeout, "connection_keepalive", given.KeepaliveTimeout),
        };
    }

    // A limit of zero would end every connection at the first such frame, also of clients that mean no harm.
    private static Http2AbuseLimits Abuse(Http2ProtocolOptions options, Http2AbuseLimits given, CompileScope scope) => given with
    {
        ConsecutiveEmptyFrames = scope.Count(
            options.MaxConsecutiveInboundFramesWithEmptyPayload, "max_consecutive_inbound_frames_with_empty_payload", given.ConsecutiveEmptyFrames, 1, MaxFrames),
        PriorityFramesPerStream = scope.Count(
            options.MaxInboundPriorityFramesPerStream, "max_inbound_priority_frames_per_stream", given.PriorityFramesPerStream, 1, MaxFrames),
        WindowUpdatesPerDataFrame = scope.Count(
            options.MaxInboundWindowUpdateFramesPerDataFrameSent, "max_inbound_window_update_frames_per_data_frame_sent", given.WindowUpdatesPerDataFrame, 1, MaxFrames),
    };
}
