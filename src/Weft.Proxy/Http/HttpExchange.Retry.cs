using System.Buffers.Text;
using Weft.Policy.Resilience;
using Weft.Policy.Retries;
using Weft.Proxy.Telemetry;
using Weft.Wire.Http;

namespace Weft.Proxy.Http;

/// <summary>Timeouts of the route, and attempts beyond the first (Envoy's retry rules).</summary>
internal sealed partial class HttpExchange
{
    private RetryPolicy? _retry;
    private uint _retriesLeft;
    private bool _bodyOverflowed;
    private TimeSpan _timeout;
    private StatBlock<RouteStat>? _routeStats;

    /// <summary>True while the request's body must be kept because it may have to be sent again.</summary>
    private bool KeepsBody => _retriesLeft > 0 && !_bodyOverflowed && !Is(Progress.ResponseStarted | Progress.Upgrade);

    private long RetryBufferLimit => _route?.BufferLimitBytes ?? (uint)BufferLimit;

    private void PassBody(ReadOnlySpan<byte> data)
    {
        if (_isGrpc) _requestMessages += _requestBounds.Count(data);
        if (_mirrors is not null) FeedMirrors(data);
        SendOrKeepBody(data);
    }

    private void SendOrKeepBody(ReadOnlySpan<byte> data)
    {
        TouchTryIdle();
        _upstream?.SendData(data);
        if (_upstream is not null && !KeepsBody) return;
        if (_upstream is not null && _body.Count + data.Length > RetryBufferLimit)
        {
            GiveUpRetries();
            return;
        }

        _body.Append(_worker.Buffers, data);
    }

    /// <summary>The body is larger than what is kept, and was sent: it cannot be sent again, and this attempt is the last.</summary>
    private void GiveUpRetries()
    {
        _bodyOverflowed = true;
        _retriesLeft = 0;
        _body.Clear(_worker.Buffers);
    }

    private void StartRouteTimer()
    {
        if (_timeout > TimeSpan.Zero && !Is(Progress.Upgrade)) Arm(_routeTimer, _timeout);
    }

    private void StartTryTimer()
    {
        if (_retry?.PerTryTimeout is { } limit && limit > TimeSpan.Zero && Is(Progress.RequestEnded) && _upstream is not null) Arm(_tryTimer, limit);
    }

    private void OnRouteTimeout()
    {
        if (_upstream is not null && !Is(Progress.ResponseStarted)) _endpoint?.Report(OutlierOutcome.ConnectFailure);
        DropUpstream();
        _cluster?.Telemetry.Stats.Add(ClusterStat.UpstreamRqTimeout);
        _routeStats?.Add(RouteStat.UpstreamRqTimeout);
        if (Is(Progress.ResponseStarted))
        {
            _flags |= ResponseFlags.UpstreamRequestTimeout;
            _details = ReplyDetails.ResponseTimeout;
            AbortDownstream();
            return;
        }

        Reply(504, "upstream request timeout"u8, ReplyDetails.ResponseTimeout, ResponseFlags.UpstreamRequestTimeout);
    }

    private void OnTryTimeout()
    {
        _cluster?.Telemetry.Stats.Add(ClusterStat.UpstreamRqPerTryTimeout);
        DropUpstream();
        OnUpstreamFailure(UpstreamFailure.PerTryTimeout, 0, "");
    }

    private void OnTryIdleTimeout()
    {
        _cluster?.Telemetry.Stats.Add(ClusterStat.UpstreamRqPerTryIdleTimeout);
        DropUpstream();
        if (!Is(Progress.ResponseStarted))
        {
            OnUpstreamFailure(UpstreamFailure.PerTryIdleTimeout, 0, "");
            return;
        }

        _endpoint?.Report(OutlierOutcome.ConnectFailure);
        _flags |= ResponseFlags.UpstreamRequestTimeout;
        _details = ReplyDetails.PerTryIdleTimeout;
        AbortDownstream();
    }

    private void TouchTryIdle()
    {
        if (_tryIdleTimer.IsArmed) Arm(_tryIdleTimer, _retry!.PerTryIdleTimeout!.Value);
    }

    private static bool IsTryTimeout(UpstreamFailure failure) => failure is UpstreamFailure.PerTryTimeout or UpstreamFailure.PerTryIdleTimeout;

    private bool MayRetry(UpstreamFailure failure) => _retry is { } policy && RetryDecision.ShouldRetry(policy, failure switch
    {
        UpstreamFailure.ConnectFailure or UpstreamFailure.ConnectTimeout => UpstreamReset.ConnectFailure,
        UpstreamFailure.PerTryTimeout or UpstreamFailure.PerTryIdleTimeout => UpstreamReset.PerTryTimeout,
        UpstreamFailure.Refused or UpstreamFailure.NotProcessed => UpstreamReset.RefusedStream,
        _ => UpstreamReset.AfterRequest,
    });

    private bool ShouldRetry(ReadOnlySpan<byte> bytes, in ResponseHead head, ReadOnlySpan<HeaderField> fields)
    {
        if (_retry is not { } policy || Is(Progress.Upgrade)) return false;
        if (!RetryDecision.ShouldRetry(policy, head.Status, new HeadView(bytes, fields, head.FieldsEnd, null)))
        {
            if (Is(Progress.HoldsRetrySlot)) _cluster!.Telemetry.Stats.Add(ClusterStat.UpstreamRqRetrySuccess);
            return false;
        }

        // A slot of its own, which it gives back first, may serve the next attempt.
        long others = _cluster!.State.Retries - (Is(Progress.HoldsRetrySlot) ? 1 : 0);
        if (_retriesLeft > 0 && others < MaximumRetries) return true;
        if (_retriesLeft == 0) ExhaustRetries();
        else OverflowRetries();
        return false;
    }

    private long MaximumRetries => Limits.RetryBudgetPercent > 0 ? long.MaxValue : Limits.MaxRetries;

    /// <summary>Starts the back-off of another attempt; false when there must be none.</summary>
    private bool TryRetry()
    {
        if (_retriesLeft == 0)
        {
            ExhaustRetries();
            return false;
        }

        if (!_cluster!.State.TryAddRetry(Limits))
        {
            OverflowRetries();
            return false;
        }

        _progress |= Progress.HoldsRetrySlot;
        _retriesLeft--;
        _cluster.Telemetry.Stats.Add(ClusterStat.UpstreamRqRetry);
        _routeStats?.Add(RouteStat.UpstreamRqRetry);
        Arm(_backoffTimer, BackOff.Delay(_retry!, (uint)_attempts, (ulong)_worker.Random.NextInt64()));
        return true;
    }

    private void OverflowRetries()
    {
        _cluster!.Telemetry.Stats.Add(ClusterStat.UpstreamRqRetryOverflow);
        _routeStats?.Add(RouteStat.UpstreamRqRetryOverflow);
        _flags |= ResponseFlags.UpstreamOverflow;
    }

    private void ExhaustRetries()
    {
        if (_attempts < 2) return;
        _flags |= ResponseFlags.UpstreamRetryLimitExceeded;
        _cluster?.Telemetry.Stats.Add(ClusterStat.UpstreamRqRetryLimitExceeded);
        _routeStats?.Add(RouteStat.UpstreamRqRetryLimitExceeded);
    }

    private void SetAttemptCount()
    {
        Span<byte> number = stackalloc byte[20];
        Utf8Formatter.TryFormat(_attempts, number, out int digits);
        _requestEdits.Set(KnownHeader.XEnvoyAttemptCount, number[..digits], Fields);
    }

    private void CountStatus(int status)
    {
        StatBlock<ClusterStat> stats = _cluster!.Telemetry.Stats;
        stats.Add(ClusterStat.UpstreamRqCompleted);
        if (status is >= 100 and < 600) stats.Add(ClusterStat.UpstreamRq1xx + (status / 100 - 1));
        if (_routeStats is not { } route) return;
        route.Add(RouteStat.UpstreamRqCompleted);
        if (status is >= 100 and < 600) route.Add(RouteStat.UpstreamRq1xx + (status / 100 - 1));
    }
}
