using Weft.Wire.Http2;

namespace Weft.Fuzz.Targets;

/// <summary>Frames of HTTP/2 behind the first SETTINGS, with what the counters of abuse and of stream numbers make of them.</summary>
internal sealed class FrameTarget : FuzzTarget
{
    private static readonly byte[] s_settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    private static readonly Http2FrameLimits s_limits = new(1024, 700, 6);

    public override string Name => "http2-frames";

    protected override void Decode(GuardedMemory memory, ReadOnlySpan<byte> input, ReadOnlySpan<int> cuts, ref Outcome outcome)
    {
        Http2FrameReader reader = new(s_limits);
        Http2AbuseGuard guard = new(Http2AbuseLimits.Mesh, 0);
        Http2StreamNumbers numbers = new(isServer: true);
        Http2Settings settings = new();
        reader.Read(s_settings, out _, out _, out _);
        int at = 0;
        for (int piece = 0; piece <= cuts.Length; piece++)
        {
            int end = piece < cuts.Length ? cuts[piece] : input.Length;
            while (true)
            {
                ReadOnlySpan<byte> bytes = memory.Place(input[at..end]);
                Http2ReadStatus status = reader.Read(bytes, out Http2Frame frame, out int consumed, out Http2Error error);
                Require(consumed >= 0 && consumed <= bytes.Length, "what was consumed is what was there");
                at += consumed;
                if (status == Http2ReadStatus.NeedMore)
                {
                    Require(end - at <= s_limits.MaxFrameBytes + Http2Frame.HeaderBytes, "no more waits than one frame");
                    break;
                }

                if (status == Http2ReadStatus.Error)
                {
                    Note(error, ref outcome);
                    if (error.IsConnectionError) return;
                    continue;
                }

                if (frame.Type == Http2FrameType.Settings && !frame.IsAck) Note(Http2SettingsPayload.Apply(frame.Payload, fromServer: false, ref settings), ref outcome);
                if (frame.IsFirstPart) Note(guard.Receive(frame, 0), ref outcome);
                if (frame is { IsFirstPart: true, StreamId: > 0, Type: not (Http2FrameType.Continuation or > Http2FrameType.Continuation) })
                    Note(numbers.Receive(frame.Type, frame.StreamId, out _), ref outcome);
                Note(frame, ref outcome);
            }
        }

        outcome.Number(input.Length - at);
    }

    private static void Note(Http2Error error, ref Outcome outcome)
    {
        if (error.IsNone) return;
        outcome.Kind((int)error.Scope);
        outcome.Kind((int)error.Code);
        outcome.Kind((int)error.Reason);
    }

    // Bytes of DATA come in other parts when they arrive in other pieces; everything else comes whole.
    private static void Note(scoped in Http2Frame frame, ref Outcome outcome)
    {
        if (frame.IsFirstPart)
        {
            outcome.Kind((int)frame.Type <= 10 ? (int)frame.Type : 11);
            outcome.Kind((int)frame.Flags & 0x2d);
            outcome.Number(frame.StreamId);
            outcome.Number(frame.Length);
            outcome.Number((long)frame.ErrorCode);
            outcome.Number(frame.LastStreamId);
            outcome.Number(frame.WindowIncrement);
            outcome.Number(frame.DependsOnItself ? 1 : 0);
        }

        outcome.Bytes(frame.Payload);
        if (frame.IsLastPart) outcome.Number(frame.EndStream ? 1 : 0);
    }
}
