using Weft.Policy.Routes;
using Weft.Proxy.Clusters;
using Weft.Proxy.Telemetry;
using Weft.Wire.Http;

namespace Weft.Proxy.Http;

/// <summary>
/// Mirroring (Envoy's <c>request_mirror_policies</c>). A mirror is an exchange of its own with the original's head as it goes upstream, the mirror's
/// cluster, and a client that drops everything: no retries, no record. The original feeds it while its own body streams and never waits for it: what
/// a mirror has not taken is kept up to the listener's buffer limit, and a mirror that lags more is given up and counted. A mirror whose request is
/// whole lives on by itself until its response ends, the route's timeout passes, or nothing moves for the idle time.
/// </summary>
internal sealed partial class HttpExchange
{
    /// <summary>Ends a mirror that neither the route nor the connection manager limits.</summary>
    private static readonly TimeSpan s_mirrorIdle = TimeSpan.FromMinutes(5);
    private HttpExchange? _mirrors;
    private HttpExchange? _nextMirror;
    private HttpExchange? _original;

    private void StartMirrors(scoped in RequestView view, ForwardAction action)
    {
        if (Is(Progress.Upgrade)) return;
        for (int i = 0; i < action.Mirrors.Count; i++)
        {
            MirrorRule rule = action.Mirrors[i];
            if (!rule.Takes(Draw())) continue;
            string name = rule.Cluster;
            if (rule.ClusterHeader is { } header)
                name = view.Headers.TryGet(header, out ReadOnlySpan<byte> named) ? System.Text.Encoding.UTF8.GetString(named) : "";
            if (_worker.Clusters.Find(_snapshot, name) is { } cluster)
                _worker.Exchanges.Rent().BeginMirror(this, cluster, rule.AppendShadowSuffix);
        }
    }

    private void BeginMirror(HttpExchange original, WorkerCluster cluster, bool markHost)
    {
        Start(MirrorSink.Instance, original._facts, original._http);
        _snapshot = original._snapshot;
        _progress = Progress.Mirror;
        CopyHead(original);
        if (markHost) MarkHost();
        _route = original._route;
        _cluster = cluster;
        _timeout = original._timeout;
        _idleTimeout = _http.Model.StreamIdleTimeout > TimeSpan.Zero ? _http.Model.StreamIdleTimeout : s_mirrorIdle;
        Arm(_idleTimer, _idleTimeout);
        if (original.Is(Progress.RequestEnded))
        {
            EndRequest();
            StartRouteTimer();
        }
        else
        {
            _original = original;
            _nextMirror = original._mirrors;
            original._mirrors = this;
        }

        StartAttempt();
    }

    private void CopyHead(HttpExchange original)
    {
        _headLength = original._headLength;
        _head = _worker.Buffers.Rent(_headLength);
        original.HeadBytes.CopyTo(_head);
        _request = original._request;
        original.Fields.CopyTo(FieldStorage(_request.FieldCount));
        _requestEdits.CopyFrom(original._requestEdits);
        _pathLength = original._pathLength;
        if (_path.Length < _pathLength) _path = new byte[Math.Max(_pathLength, 256)];
        original._path.AsSpan(0, _pathLength).CopyTo(_path);
    }

    /// <summary><c>host:port</c> becomes <c>host-shadow:port</c>, so that the mirror's logs tell copies from requests.</summary>
    private void MarkHost()
    {
        if (!RequestView.TryGet(KnownHeader.Host, out ReadOnlySpan<byte> host)) return;
        ReadOnlySpan<byte> suffix = "-shadow"u8;
        Span<byte> marked = stackalloc byte[512];
        if (host.Length + suffix.Length > marked.Length) return;
        int colon = host.LastIndexOf((byte)':');
        int end = colon < 0 || host[colon..].Contains((byte)']') ? host.Length : colon;
        host[..end].CopyTo(marked);
        suffix.CopyTo(marked[end..]);
        host[end..].CopyTo(marked[(end + suffix.Length)..]);
        _requestEdits.Set(KnownHeader.Host, marked[..(host.Length + suffix.Length)], Fields);
    }

    // What the original does with its mirrors.

    private void FeedMirrors(ReadOnlySpan<byte> data)
    {
        HttpExchange? next;
        for (HttpExchange? mirror = _mirrors; mirror is not null; mirror = next)
        {
            next = mirror._nextMirror;
            mirror.OnMirroredData(data);
        }
    }

    private void EndMirrors()
    {
        while (_mirrors is { } mirror)
        {
            mirror.LeaveOriginal();
            mirror.OnMirroredEnd();
        }
    }

    /// <summary>The original ended before its request was whole: half a request is worth nothing.</summary>
    private void DropMirrors()
    {
        while (_mirrors is { } mirror)
        {
            mirror.LeaveOriginal();
            mirror.Finish();
        }
    }

    // What a mirror does.

    private void OnMirroredData(ReadOnlySpan<byte> data)
    {
        _requestBytes += data.Length;
        TouchIdle();
        if (_upstream is { IsBlocked: false } upstream && _body.IsEmpty)
        {
            upstream.SendData(data);
            return;
        }

        if (_body.Count + data.Length > BufferLimit)
        {
            _cluster!.Telemetry.Stats.Add(ClusterStat.UpstreamRqMirrorOverflow);
            Finish();
            return;
        }

        _body.Append(_worker.Buffers, data);
    }

    private void OnMirroredEnd()
    {
        EndRequest();
        StartRouteTimer();
        if (_body.IsEmpty) _upstream?.SendEnd();
    }

    private void OnMirrorDrained()
    {
        if (_body.IsEmpty || _upstream is not { } upstream) return;
        upstream.SendData(_body.Bytes);
        _body.Clear(_worker.Buffers);
        if (Is(Progress.RequestEnded)) upstream.SendEnd();
    }

    private void OnMirrorHead(int status, bool ended)
    {
        _status = status;
        _progress |= Progress.ResponseStarted;
        TouchIdle();
        if (ended) OnResponseEnd();
    }

    private void LeaveOriginal()
    {
        if (_original is not { } original) return;
        _original = null;
        if (ReferenceEquals(original._mirrors, this))
        {
            original._mirrors = _nextMirror;
        }
        else
        {
            HttpExchange before = original._mirrors!;
            while (!ReferenceEquals(before._nextMirror, this)) before = before._nextMirror!;
            before._nextMirror = _nextMirror;
        }

        _nextMirror = null;
    }
}
