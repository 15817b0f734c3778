using System.Buffers;
using System.Text;
using Weft.Policy.LoadBalancing;
using Weft.Policy.Resilience;
using Weft.Policy.Routes;
using Weft.Proxy.Clusters;
using Weft.Proxy.Engine;
using Weft.Proxy.Http2;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Wire.Http;

namespace Weft.Proxy.Http;

/// <summary>Steps 3 and 4: route, cluster, endpoint, connection, attempts.</summary>
internal sealed partial class HttpExchange
{
    private const int MostTried = 8;

    /// <summary>How often a request that the upstream did not look at is asked again without counting as a retry.</summary>
    private const int MostUnprocessed = 3;
    private const int MaxHostnameBytes = 255;
    private readonly WorkerEndpoint[] _tried = new WorkerEndpoint[MostTried];
    private TriedPriorities _priorities;
    private ByteQueue _body;
    private WorkerCluster? _cluster;
    private WorkerEndpoint? _endpoint;
    private IUpstreamStream? _upstream;
    private NetworkAddress _upstreamLocal;
    private byte[] _transportFailure = [];
    private long _sentNs;
    private long _serviceTimeMs;
    private int _attempts;
    private ulong? _hash;
    private HashRule? _stickyCookie;
    private ulong _stickyValue;
    private bool _raced;
    private int _unprocessed;
    private bool _timedOut;

    /// <summary>True while the attempt is a stream of HTTP/2.</summary>
    public bool HasHttp2Upstream => _upstream is Http2ClientStream;

    private CircuitBreakerModel Limits =>
        _route?.Forward is { HighPriority: true } ? _cluster!.Model.HighPriorityCircuitBreakers : _cluster!.Model.CircuitBreakers;

    private void StartAttempt()
    {
        WorkerCluster cluster = _cluster!;
        if (_retry is { PreviousPrioritiesFrequency: > 0 and var every } && _attempts > 0 && _attempts % every == 0) _priorities.Exclude();
        _endpoint = _hop ?? cluster.ChooseFor(
            _facts, _hash, _tried.AsSpan(0, Math.Min(_attempts, MostTried)), _retry is { AvoidPreviousHosts: true } ? _retry.HostSelectionAttempts : 0, ref _priorities);
        if (_endpoint is null)
        {
            Reply(503, "no healthy upstream"u8, ReplyDetails.NoHealthyUpstream, ResponseFlags.NoHealthyUpstream);
            return;
        }

        if (!cluster.State.TryAddRequest(Limits))
        {
            Overflow();
            return;
        }

        _progress |= Progress.HoldsRequestSlot;
        if (_attempts < MostTried) _tried[_attempts] = _endpoint;
        _attempts++;
        cluster.Telemetry.Stats.Add(ClusterStat.UpstreamRqTotal);
        _routeStats?.Add(RouteStat.UpstreamRqTotal);
        if (_route is { } route) AddressAttempt(route);
        switch (_endpoint.Acquire(this, Limits, out IUpstreamStream? connection, out int error))
        {
            case AcquireOutcome.Ready:
                OnUpstreamReady(connection!);
                break;
            case AcquireOutcome.Waiting:
                _progress |= Progress.Waiting;
                break;
            case AcquireOutcome.Overflow:
                Overflow();
                break;
            case AcquireOutcome.Unfit:
                ReleaseSlots();
                Reply(503, "The cluster cannot take a CONNECT of our own: it does not speak HTTP/2."u8, ReplyDetails.ConnectUnfit, ResponseFlags.UpstreamConnectionFailure);
                break;
            default:
                OnUpstreamFailure(UpstreamFailure.ConnectFailure, error, "");
                break;
        }
    }

    /// <summary>What of the head depends on the attempt: its number, why it is made, and the endpoint's own name.</summary>
    private void AddressAttempt(RouteEntry route)
    {
        if (route.VirtualHost.IncludeRequestAttemptCount) SetAttemptCount();
        if (_attempts > 1 && route.VirtualHost.IncludeIsTimeoutRetryHeader)
            _requestEdits.Set(KnownHeader.XEnvoyIsTimeoutRetry, _timedOut ? "true"u8 : "false"u8, Fields);
        if (route.Forward is not { AutoHostRewrite: true } action || Is(Progress.Mirror) || _endpoint!.Model.Hostname is not { Length: > 0 and <= MaxHostnameBytes } name) return;
        Span<byte> host = stackalloc byte[MaxHostnameBytes];
        if (Ascii.FromUtf16(name, host, out int length) == OperationStatus.Done) SetHost(host[..length], action, remember: _attempts == 1);
    }

    /// <summary>A connection is there for this exchange.</summary>
    public void OnUpstreamReady(IUpstreamStream connection)
    {
        _progress &= ~Progress.Waiting;
        _upstream = connection;
        _endpoint!.BeginRequest();
        connection.Begin(this);
        if (_endpoint.PeerHandle == default) _endpoint.LearnPeer(connection.Peer);
        _sentNs = _worker.Clock.NowNs;
        bool end = Is(Progress.RequestEnded) && _body.IsEmpty && _requestTrailers.IsEmpty && !Is(Progress.Upgrade);
        connection.SendHead(this, end && _request.Framing != BodyFraming.Chunked);
        if (!_body.IsEmpty) connection.SendData(_body.Bytes);
        if (_body.Count > RetryBufferLimit) GiveUpRetries();
        if (!KeepsBody) _body.Clear(_worker.Buffers);
        if (Is(Progress.RequestEnded) && !Is(Progress.Upgrade)) EndUpstreamRequest(connection);
        else _downstream?.ResumeRequest();
        StartTryTimer();
        if (_retry?.PerTryIdleTimeout is { } idle && idle > TimeSpan.Zero) Arm(_tryIdleTimer, idle);
    }

    private void EndUpstreamRequest(IUpstreamStream upstream)
    {
        if (_requestTrailers.IsEmpty) upstream.SendEnd();
        else upstream.SendTrailers(_requestTrailers.Bytes);
    }

    /// <summary>The upstream takes bytes again.</summary>
    public void OnUpstreamDrained()
    {
        TouchIdle();
        if (Is(Progress.Mirror)) OnMirrorDrained();
        _downstream?.ResumeRequest();
        FinishTunnel();
    }

    /// <summary>An attempt failed. <paramref name="untouched"/>: no byte of a response had come.</summary>
    public void OnUpstreamFailure(UpstreamFailure failure, int error, string detail, bool untouched = false)
    {
        if (Is(Progress.Finished)) return;
        _progress &= ~Progress.Waiting;
        bool reused = _upstream is { IsReused: true };
        if (_upstream is { } upstream) _upstreamLocal = upstream.LocalAddress;
        _upstream = null;
        ReleaseSlots();
        TimerWheel.Disarm(_tryTimer);
        TimerWheel.Disarm(_tryIdleTimer);
        if (Is(Progress.ResponseStarted))
        {
            EndBroken(failure);
            return;
        }

        // The peer said that it did nothing with the request, so that whatever it asks for may be asked again (RFC 9113 section 8.7).
        if (failure == UpstreamFailure.NotProcessed && _unprocessed < MostUnprocessed && (_requestBytes == 0 || KeepsBody))
        {
            _unprocessed++;
            StartAttempt();
            return;
        }

        // A keep-alive connection that ends as we use it has most likely not seen the request; what is safe to repeat is repeated once (RFC 9110 9.2.2).
        if (untouched && reused && !_raced && !Is(Progress.Mirror) && failure == UpstreamFailure.Termination && _requestBytes == 0 && Is(Progress.RequestEnded)
            && _request.Method is RequestMethod.Get or RequestMethod.Head or RequestMethod.Options or RequestMethod.Trace or RequestMethod.Put or RequestMethod.Delete)
        {
            _raced = true;
            StartAttempt();
            return;
        }

        // Without an answer in time, or without a connection, counts as Envoy's 504 or 503, anything else as 500.
        _endpoint?.Report(failure is UpstreamFailure.ConnectFailure or UpstreamFailure.ConnectTimeout || IsTryTimeout(failure)
            ? OutlierOutcome.ConnectFailure : OutlierOutcome.LocalFailure);
        _timedOut = IsTryTimeout(failure);
        if (MayRetry(failure) && TryRetry()) return;
        ReplyToFailure(failure, error, detail);
    }

    /// <summary>The response had begun when the upstream failed: the client must see that it is not whole.</summary>
    private void EndBroken(UpstreamFailure failure)
    {
        (ResponseFlags flag, _details) = failure switch
        {
            UpstreamFailure.Protocol => (ResponseFlags.UpstreamProtocolError, ReplyDetails.ResetProtocolAfterStart),
            UpstreamFailure.Reset or UpstreamFailure.Refused => (ResponseFlags.UpstreamRemoteReset, ReplyDetails.ResetRemoteAfterStart),
            _ => (ResponseFlags.UpstreamConnectionTermination, ReplyDetails.ResetAfterStart),
        };
        _flags |= flag;
        AbortDownstream();
    }

    private void Overflow()
    {
        ReleaseSlots();
        _cluster!.Telemetry.Stats.Add(ClusterStat.UpstreamRqPendingOverflow);
        _responseEdits.Append(KnownHeader.XEnvoyOverloaded, "true"u8);
        Reply(503, "upstream connect error or disconnect/reset before headers. reset reason: overflow"u8, ReplyDetails.ResetOverflow, ResponseFlags.UpstreamOverflow);
    }

    /// <summary>Lets go of the attempt, whatever its state.</summary>
    private void DropUpstream()
    {
        if (Is(Progress.Waiting)) WorkerEndpoint.Abandon(this);
        _progress &= ~Progress.Waiting;
        TimerWheel.Disarm(_tryTimer);
        TimerWheel.Disarm(_tryIdleTimer);
        TimerWheel.Disarm(_backoffTimer);
        IUpstreamStream? upstream = _upstream;
        _upstream = null;
        if (upstream is not null)
        {
            _upstreamLocal = upstream.LocalAddress;
            if (Is(Progress.ResponseEnded) && !Is(Progress.Tunnel)) upstream.Release();
            else upstream.Abort();
        }

        ReleaseSlots();
    }

    private void ReleaseSlots()
    {
        if (Is(Progress.HoldsRequestSlot)) _cluster!.State.RemoveRequest();
        if (Is(Progress.HoldsRetrySlot)) _cluster!.State.RemoveRetry();
        _progress &= ~(Progress.HoldsRequestSlot | Progress.HoldsRetrySlot);
    }

    private void ResetAttempts()
    {
        _cluster = null;
        _endpoint = _hop = null;
        _upstream = null;
        _upstreamLocal = default;
        _transportFailure = [];
        _serviceTimeMs = -1;
        _sentNs = 0;
        _attempts = 0;
        _hash = null;
        _stickyCookie = null;
        _route = null;
        _choice = null;
        _retry = null;
        _retriesLeft = 0;
        _bodyOverflowed = false;
        _timeout = TimeSpan.Zero;
        _raced = false;
        _unprocessed = 0;
        _timedOut = false;
        _priorities = default;
        _routeStats = null;
        ResetFilters();
        Array.Clear(_tried);
        NextWaiting = null;
    }
}
