namespace Weft.Wire.Http2;

/// <summary>The one place that names each <see cref="Http2Reason"/> for logs.</summary>
public static class Http2Reasons
{
    /// <summary>The response code details: lower case, without spaces, in Envoy's <c>http2.</c> family.</summary>
    public static string Details(Http2Reason reason) => reason switch
    {
        Http2Reason.None => "",
        Http2Reason.BadPreface => "http2.bad_preface",
        Http2Reason.SettingsExpected => "http2.settings_expected",
        Http2Reason.FrameTooLarge => "http2.frame_too_large",
        Http2Reason.BadFrameLength => "http2.bad_frame_length",
        Http2Reason.BadStreamId => "http2.bad_stream_id",
        Http2Reason.BadPadding => "http2.bad_padding",
        Http2Reason.ContinuationExpected => "http2.continuation_expected",
        Http2Reason.UnexpectedContinuation => "http2.unexpected_continuation",
        Http2Reason.HeaderBlockTooLarge => "http2.header_block_too_large",
        Http2Reason.UnexpectedPush => "http2.unexpected_push",
        Http2Reason.ZeroWindowIncrement => "http2.zero_window_increment",
        Http2Reason.WindowOverflow => "http2.window_overflow",
        Http2Reason.WindowExceeded => "http2.window_exceeded",
        Http2Reason.SelfDependency => "http2.self_dependency",
        Http2Reason.BadSetting => "http2.bad_setting",
        Http2Reason.UnexpectedSettingsAck => "http2.unexpected_settings_ack",
        Http2Reason.BadHeaderBlock => "http2.bad_header_block",
        Http2Reason.IdleStream => "http2.idle_stream",
        Http2Reason.ClosedStream => "http2.closed_stream",
        Http2Reason.StreamIdNotIncreasing => "http2.stream_id_not_increasing",
        Http2Reason.UnexpectedHeaders => "http2.unexpected_headers",
        Http2Reason.TooManyStreams => "http2.too_many_streams",
        Http2Reason.MalformedMessage => "http2.malformed_message",
        Http2Reason.ContentLengthMismatch => "http2.content_length_mismatch",
        Http2Reason.HeaderListTooLarge => "http2.header_list_too_large",
        Http2Reason.ResetFlood => "http2.reset_flood",
        Http2Reason.PingFlood => "http2.ping_flood",
        Http2Reason.SettingsFlood => "http2.settings_flood",
        Http2Reason.PriorityFlood => "http2.priority_flood",
        Http2Reason.WindowUpdateFlood => "http2.window_update_flood",
        Http2Reason.EmptyFrameFlood => "http2.empty_frame_flood",
        Http2Reason.UselessFrameFlood => "http2.useless_frame_flood",
        Http2Reason.ControlQueueFull => "http2.control_queue_full",
        Http2Reason.GoAwayIncreased => "http2.go_away_increased",
        _ => "http2.codec_error",
    };
}
