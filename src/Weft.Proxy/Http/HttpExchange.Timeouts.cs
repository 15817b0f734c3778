using System.Buffers.Text;
using Weft.Policy.Routes;
using Weft.Proxy.Engine;
using Weft.Proxy.Telemetry;
using Weft.Wire.Http;

namespace Weft.Proxy.Http;

/// <summary>Step 3, the times that a route sets for the exchange, with Envoy's meanings, and what becomes of one whose time is up.</summary>
internal sealed partial class HttpExchange
{
    private void SettleTimeouts(scoped in RequestView view, ForwardAction action)
    {
        bool asked = view.Headers.TryGet(KnownHeader.GrpcTimeout, out ReadOnlySpan<byte> header) & GrpcTimeout.TryParse(header, out TimeSpan deadline);
        SettleDuration(action, asked, deadline);
        _timeout = _isGrpc && action.GrpcRouteTimeoutMax is { } most ? RouteDeadline(deadline, action.GrpcRouteTimeoutOffset, most) : action.Timeout;
        if (_timeout > TimeSpan.Zero)
        {
            Span<byte> number = stackalloc byte[20];
            Utf8Formatter.TryFormat((long)_timeout.TotalMilliseconds, number, out int digits);
            _requestEdits.Append(KnownHeader.XEnvoyExpectedRqTimeoutMs, number[..digits]);
            // The upstream is told the deadline that it really has.
            if (_isGrpc && action.GrpcRouteTimeoutMax is not null && action.GrpcTimeoutMax is null) SetGrpcTimeout(_timeout);
        }

        if (action.IdleTimeout is not { } idle) return;
        _idleTimeout = idle;
        if (idle > TimeSpan.Zero) Arm(_idleTimer, idle);
        else TimerWheel.Disarm(_idleTimer);
    }

    /// <summary>
    /// The longest life of the stream, counted from its start: the client's deadline where the route honours it so, else the route's own, else the
    /// connection manager's, whose timer runs already.
    /// </summary>
    private void SettleDuration(ForwardAction action, bool asked, TimeSpan deadline)
    {
        if (asked && action.GrpcTimeoutMax is { } most)
        {
            if (most > TimeSpan.Zero && deadline > most) deadline = most;
            if (action.GrpcTimeoutOffset > TimeSpan.Zero)
                deadline = deadline > action.GrpcTimeoutOffset ? deadline - action.GrpcTimeoutOffset : TimeSpan.Zero;
            SetGrpcTimeout(deadline);
            ArmDuration(deadline);
        }
        else if (action.MaxStreamDuration is { } duration)
        {
            if (duration > TimeSpan.Zero) ArmDuration(duration);
            else TimerWheel.Disarm(_durationTimer);
        }
    }

    /// <summary>Zero stands for no limit, both for what is asked and for the bound; an offset never takes away all of it.</summary>
    private static TimeSpan RouteDeadline(TimeSpan asked, TimeSpan offset, TimeSpan most)
    {
        TimeSpan deadline = offset < asked ? asked - offset : asked;
        return most > TimeSpan.Zero && (deadline == TimeSpan.Zero || deadline > most) ? most : deadline;
    }

    private void ArmDuration(TimeSpan duration) => Arm(_durationTimer, duration - TimeSpan.FromMicroseconds((_worker.Clock.NowNs - _startNs) / 1000));

    private void SetGrpcTimeout(TimeSpan timeout)
    {
        Span<byte> value = stackalloc byte[GrpcTimeout.MaxBytes];
        _requestEdits.Set(KnownHeader.GrpcTimeout, value[..GrpcTimeout.Write(timeout, value)], Fields);
    }

    private void Count(HttpStat stat)
    {
        if (!Is(Progress.Mirror)) _http.TelemetryOf(_worker).Stats.Add(stat);
    }

    private void OnIdleTimeout()
    {
        Count(HttpStat.DownstreamRqIdleTimeout);
        if (Is(Progress.ResponseStarted))
        {
            _flags |= ResponseFlags.StreamIdleTimeout;
            _details = ReplyDetails.StreamIdleTimeout;
            DropUpstream();
            AbortDownstream();
            return;
        }

        DropUpstream();
        Reply(Is(Progress.RequestEnded) ? 504 : 408, "stream timeout"u8, ReplyDetails.StreamIdleTimeout, ResponseFlags.StreamIdleTimeout);
    }

    private void OnDurationTimeout()
    {
        Count(HttpStat.DownstreamRqMaxDurationReached);
        DropUpstream();
        if (!Is(Progress.ResponseStarted))
        {
            Reply(Is(Progress.RequestEnded) ? 504 : 408, "downstream duration timeout"u8, ReplyDetails.DurationTimeout, ResponseFlags.DurationTimeout, GrpcDeadlineExceeded);
            return;
        }

        _flags |= ResponseFlags.DurationTimeout;
        _details = ReplyDetails.DurationTimeout;
        AbortDownstream();
    }
}
