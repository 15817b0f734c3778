using Weft.Policy.Filters;
using Weft.Policy.Routes;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Wire.Http;

namespace Weft.Proxy.Http;

/// <summary>
/// Step 3, the filters between the choice of a route and what the route does: fault injection and CORS, with Envoy's meanings. A filter may
/// answer the request, or hold it back and go on later; a route that tells filters nothing is not asked about them.
/// </summary>
internal sealed partial class HttpExchange
{
    private FaultRule? _fault;
    private CorsRule? _cors;
    private int _originField;
    private int _nextFilter;

    /// <summary>False when a filter answered the request, or holds it back.</summary>
    private bool PassFilters(scoped in RequestView view, in RouteInput input)
    {
        RouteFilters told = (_choice?.Filters ?? _route?.Filters) ?? RouteFilters.None;
        if (told.IsEmpty && !_http.FiltersByDefault) return true;
        while (_nextFilter < _http.Filters.Length)
        {
            HttpFilterModel filter = _http.Filters[_nextFilter++];
            bool passed = (filter, told.Find(filter.Name) ?? filter.Default) switch
            {
                (FaultFilterModel, FaultRule fault) => PassFault(fault, view, input),
                (CorsFilterModel, CorsRule cors) => PassCors(cors, view),
                _ => true,
            };
            if (!passed) return false;
        }

        return true;
    }

    private bool PassFault(FaultRule fault, scoped in RequestView view, in RouteInput input)
    {
        if (!fault.AppliesTo(view, input, _choice?.Name ?? "")) return true;
        if (fault.Delay > TimeSpan.Zero && fault.DelayShare.Takes(Draw()) && TakeFault(fault))
        {
            _fault = fault;
            _flags |= ResponseFlags.DelayInjected;
            _progress |= Progress.Delayed;
            _http.TelemetryOf(_worker).Stats.Add(HttpStat.FaultDelaysInjected);
            Arm(_backoffTimer, fault.Delay);
            return false;
        }

        return !Abort(fault);
    }

    /// <summary>The time of an injected delay is up: the same rule may abort the request now, else it goes on where it was held.</summary>
    private void OnDelayOver()
    {
        _progress &= ~Progress.Delayed;
        if (Abort(_fault!)) return;
        ReturnFault();
        RouteInput input = NewInput();
        RequestView view = RoutedView;
        if (PassFilters(view, input)) Act(view, input);
    }

    /// <summary>True when the request was answered with an injected fault.</summary>
    private bool Abort(FaultRule fault)
    {
        if (fault.AbortStatus == 0 || !fault.AbortShare.Takes(Draw()) || !TakeFault(fault)) return false;
        _http.TelemetryOf(_worker).Stats.Add(HttpStat.FaultAbortsInjected);
        Reply(fault.AbortStatus, "fault filter abort"u8, ReplyDetails.FaultAbort, ResponseFlags.FaultInjected, fault.AbortGrpcStatus);
        return true;
    }

    /// <summary>A delayed request that is aborted after all is one fault, not two.</summary>
    private bool TakeFault(FaultRule fault)
    {
        if (Is(Progress.HoldsFault)) return true;
        if (!_http.TryAddFault(fault.MaxActive))
        {
            _http.TelemetryOf(_worker).Stats.Add(HttpStat.FaultFaultsOverflow);
            return false;
        }

        _progress |= Progress.HoldsFault;
        _http.TelemetryOf(_worker).Stats.Add(HttpStat.FaultActiveFaults);
        return true;
    }

    private void ReturnFault()
    {
        if (!Is(Progress.HoldsFault)) return;
        _progress &= ~Progress.HoldsFault;
        _http.RemoveFault();
        _http.TelemetryOf(_worker).Stats.Add(HttpStat.FaultActiveFaults, -1);
    }

    /// <summary>The Fetch standard's CORS protocol, the server's side: a preflight is answered here, the response to anything else is marked.</summary>
    private bool PassCors(CorsRule cors, scoped in RequestView view)
    {
        int field = OriginField();
        if (field < 0 || !cors.Enabled.Takes(Draw())) return true;
        bool allowed = cors.Allows(Fields[field].Value(HeadBytes));
        _http.TelemetryOf(_worker).Stats.Add(allowed ? HttpStat.CorsOriginValid : HttpStat.CorsOriginInvalid);
        bool preflight = CorsRule.IsPreflight(view);
        if (!allowed && (!preflight || cors.ForwardsUnmatchedPreflights)) return true;
        if (!preflight)
        {
            _cors = cors;
            _originField = field;
            return true;
        }

        if (allowed) AllowPreflight(cors, view, field);
        // The answer is the same for every kind of client: a browser asks, whatever it will send then.
        _isGrpc = false;
        Reply(200, default, ReplyDetails.CorsResponse, ResponseFlags.None);
        return false;
    }

    private void AllowPreflight(CorsRule cors, scoped in RequestView view, int origin)
    {
        _responseEdits.Append(KnownHeader.AccessControlAllowOrigin, Fields[origin].Value(HeadBytes));
        if (cors.AllowCredentials) _responseEdits.Append(KnownHeader.AccessControlAllowCredentials, "true"u8);
        if (cors.AllowMethods.Length > 0) _responseEdits.Append(KnownHeader.AccessControlAllowMethods, cors.AllowMethods);
        if (cors.AllowHeaders.Length > 0) _responseEdits.Append(KnownHeader.AccessControlAllowHeaders, cors.AllowHeaders);
        if (cors.MaxAge.Length > 0) _responseEdits.Append(KnownHeader.AccessControlMaxAge, cors.MaxAge);
        if (cors.AllowPrivateNetwork && view.Headers.TryGet(KnownHeader.AccessControlRequestPrivateNetwork, out ReadOnlySpan<byte> asked) && asked.SequenceEqual("true"u8))
            _responseEdits.Append(KnownHeader.AccessControlAllowPrivateNetwork, "true"u8);
    }

    /// <summary>Marks a response for the origin that asked; what the upstream says about that is replaced.</summary>
    private void MarkForOrigin(ReadOnlySpan<HeaderField> response)
    {
        if (_cors is not { } cors) return;
        _responseEdits.Set(KnownHeader.AccessControlAllowOrigin, Fields[_originField].Value(HeadBytes), response);
        if (cors.AllowCredentials) _responseEdits.Set(KnownHeader.AccessControlAllowCredentials, "true"u8, response);
        if (cors.ExposeHeaders.Length > 0) _responseEdits.Set(KnownHeader.AccessControlExposeHeaders, cors.ExposeHeaders, response);
    }

    /// <summary>Where the client's Origin stands in the head; −1 without one. A route may remove the header, so its place is kept, not its value.</summary>
    private int OriginField()
    {
        Span<HeaderField> fields = Fields;
        for (int i = 0; i < fields.Length; i++)
        {
            if (fields[i].Known == KnownHeader.Origin && fields[i].ValueLength > 0) return i;
        }

        return -1;
    }

    private ulong Draw() => (ulong)_worker.Random.NextInt64(long.MinValue, long.MaxValue);

    private RouteInput NewInput() => new(Draw(), _facts.IsTlsEnded, _facts.Certificate is not null, _facts.Certificate is not null);

    private void ResetFilters()
    {
        _fault = null;
        _cors = null;
        _nextFilter = 0;
    }
}
