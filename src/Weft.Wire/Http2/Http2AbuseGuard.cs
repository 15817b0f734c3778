namespace Weft.Wire.Http2;

/// <summary>
/// Counts what one peer does and says when it is too much; see <see cref="Http2AbuseLimits"/>. It has no clock: the caller passes milliseconds
/// of any monotonic one. A mutable struct: keep it in a field, never copy it.
/// </summary>
public struct Http2AbuseGuard
{
    private readonly Http2AbuseLimits _limits;
    private long _streams;
    private long _ended;
    private long _prematureResets;
    private long _resets;
    private long _priorities;
    private long _windowUpdates;
    private long _dataSent;
    private int _emptyInARow;
    private Bucket _pings;
    private Bucket _settings;
    private Bucket _useless;

    /// <summary>The counters of a new connection.</summary>
    public Http2AbuseGuard(Http2AbuseLimits limits, long nowMs)
    {
        _limits = limits;
        _pings = new Bucket(limits.Pings, nowMs);
        _settings = new Bucket(limits.Settings, nowMs);
        _useless = new Bucket(limits.Useless, nowMs);
    }

    /// <summary>Counts a frame that <see cref="Http2FrameReader"/> handed over.</summary>
    public Http2Error Receive(scoped in Http2Frame frame, long nowMs)
    {
        switch (frame.Type)
        {
            case Http2FrameType.Data:
                return frame.IsFirstPart ? CheckEmpty(frame.Payload.IsEmpty && frame.IsLastPart && !frame.EndStream) : Http2Error.None;
            case Http2FrameType.Headers:
            case Http2FrameType.Continuation:
                return CheckEmpty(frame.Payload.IsEmpty && !frame.EndStream && !frame.EndHeaders);
            case Http2FrameType.Priority:
                return ++_priorities <= _limits.PriorityFramesPerStream * (1 + _streams) ? Http2Error.None : Calm(Http2Reason.PriorityFlood);
            case Http2FrameType.ResetStream:
                return ++_resets <= _streams + _limits.SpareResets ? Http2Error.None : Calm(Http2Reason.ResetFlood);
            case Http2FrameType.WindowUpdate:
                return ++_windowUpdates <= 5 + 2 * (_streams + _limits.WindowUpdatesPerDataFrame * _dataSent)
                    ? Http2Error.None : Calm(Http2Reason.WindowUpdateFlood);
            case Http2FrameType.Settings:
                return frame.IsAck || _settings.TryTake(nowMs) ? Http2Error.None : Calm(Http2Reason.SettingsFlood);
            case Http2FrameType.Ping when !frame.IsAck:
                return _pings.TryTake(nowMs) ? Http2Error.None : Calm(Http2Reason.PingFlood);
            default:
                return _useless.TryTake(nowMs) ? Http2Error.None : Calm(Http2Reason.UselessFrameFlood);
        }
    }

    /// <summary>Notes that a stream was opened by either side, also one that is then refused.</summary>
    public void OpenStream() => _streams++;

    /// <summary>Notes that a DATA frame was sent, which the peer may answer with WINDOW_UPDATE frames.</summary>
    public void SendData() => _dataSent++;

    /// <summary>
    /// Counts the end of a stream. Rapid reset (CVE-2023-44487) and its sister, in which the peer makes us reset (CVE-2025-8671), count alike; a
    /// stream that we reset for reasons of our own, such as a timeout, is not the peer's doing and does not come here.
    /// </summary>
    /// <param name="wasReset">The peer reset it, or broke a rule for which we did.</param>
    /// <param name="lifetimeMs">How long it lived.</param>
    public Http2Error EndStream(bool wasReset, long lifetimeMs)
    {
        _ended++;
        if (!wasReset || lifetimeMs >= _limits.PrematureResetLifetimeMs)
            return Http2Error.None;
        _prematureResets++;
        // Before the limit: ended when even good behaviour up to it could not save the connection.
        return _prematureResets * 2 >= Math.Max(_ended, _limits.PrematureResetStreams) ? Calm(Http2Reason.ResetFlood) : Http2Error.None;
    }

    /// <summary>Judges how many answers wait to be sent to a peer that makes us answer and does not read.</summary>
    public readonly Http2Error CheckQueue(int queuedControlFrames) =>
        queuedControlFrames <= _limits.QueuedControlFrames ? Http2Error.None : Calm(Http2Reason.ControlQueueFull);

    private Http2Error CheckEmpty(bool isEmpty)
    {
        _emptyInARow = isEmpty ? _emptyInARow + 1 : 0;
        return _emptyInARow <= _limits.ConsecutiveEmptyFrames ? Http2Error.None : Calm(Http2Reason.EmptyFrameFlood);
    }

    private static Http2Error Calm(Http2Reason reason) => Http2Error.Connection(Http2ErrorCode.EnhanceYourCalm, reason);

    /// <summary>A token bucket in thousandths of a frame.</summary>
    private struct Bucket(FrameBudget budget, long nowMs)
    {
        private readonly FrameBudget _budget = budget;
        private long _filledMs = nowMs;
        private long _thousandths = budget.Burst * 1000L;

        public bool TryTake(long nowMs)
        {
            long elapsed = Math.Clamp(nowMs - _filledMs, 0, int.MaxValue);
            _filledMs = Math.Max(_filledMs, nowMs);
            _thousandths = Math.Min(_budget.Burst * 1000L, _thousandths + elapsed * _budget.PerSecond);
            if (_thousandths < 1000)
                return false;
            _thousandths -= 1000;
            return true;
        }
    }
}
