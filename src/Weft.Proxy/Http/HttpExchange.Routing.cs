using System.Text;
using Weft.Policy.Formatting;
using Weft.Policy.Retries;
using Weft.Policy.Routes;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Wire.Http;

namespace Weft.Proxy.Http;

/// <summary>Step 3: the route, and what it makes of the request.</summary>
internal sealed partial class HttpExchange
{
    /// <summary>The longest path that a rewrite may make.</summary>
    private const int MaxRewrittenBytes = 32 * 1024;
    private RouteEntry? _route;
    private ClusterChoice? _choice;

    /// <summary>The request as routing sees it: after normalisation and with the settled host.</summary>
    private RequestView RoutedView
    {
        get
        {
            HeadView headers = RequestView;
            ReadOnlySpan<byte> authority = _request.Authority.Of(HeadBytes);
            if (_http.SettlesHost && headers.TryGet(KnownHeader.Host, out ReadOnlySpan<byte> host)) authority = host;
            if (_pathLength == 0) return new RequestView(_request, headers) { Authority = authority };
            ReadOnlySpan<byte> path = _path.AsSpan(0, _pathLength);
            int question = path.IndexOf((byte)'?');
            return new RequestView(_request, headers)
            {
                Authority = authority,
                Path = question < 0 ? path : path[..question],
                Query = question < 0 ? default : path[(question + 1)..],
                HasQuery = question >= 0,
            };
        }
    }

    private void Route()
    {
        RouteTableModel? table = _http.Model.InlineRoutes;
        if (table is null && _http.Model.RouteConfigName is { } name) _snapshot.RouteTables.TryGetValue(name, out table);
        RouteInput input = NewInput();
        RequestView view = RoutedView;
        RouteDecision decision = table?.Table.Match(view, input) ?? RouteDecision.NotFound;
        _route = decision.Route;
        _choice = decision.Cluster;
        if (_http.TranslatesGrpcWeb && !IsConnect) BeginGrpcWeb();
        if (PassFilters(view, input)) Act(view, input);
    }

    /// <summary>Does what the route says, once the filters have let the request pass.</summary>
    private void Act(scoped in RequestView view, in RouteInput input)
    {
        switch (_route?.Kind)
        {
            case RouteActionKind.Forward:
                Forward(view, _route.Forward!, input);
                break;
            case RouteActionKind.Redirect:
                Redirect(view, _route.Redirect!, input);
                break;
            case RouteActionKind.DirectResponse:
                DirectResponseRule direct = _route.DirectResponse!;
                _http.TelemetryOf(_worker).Stats.Add(HttpStat.RqDirectResponse);
                Mutate(_route.ResponseMutations, new HeadView(default, default, 0, _responseEdits), direct.Status);
                Reply(direct.Status, direct.Body, ReplyDetails.DirectResponse, ResponseFlags.None);
                break;
            default:
                _http.TelemetryOf(_worker).Stats.Add(HttpStat.NoRoute);
                Reply(404, default, ReplyDetails.RouteNotFound, ResponseFlags.NoRouteFound);
                break;
        }
    }

    private void Redirect(scoped in RequestView view, RedirectRule rule, in RouteInput input)
    {
        Span<byte> location = stackalloc byte[8192];
        int length = rule.WriteLocation(view, input, location);
        if (length < 0)
        {
            Reply(414, "The redirect's location would be too long."u8, ReplyDetails.DirectResponse, ResponseFlags.None);
            return;
        }

        _http.TelemetryOf(_worker).Stats.Add(HttpStat.RqRedirect);
        _responseEdits.Append(KnownHeader.Location, location[..length]);
        Mutate(_route!.ResponseMutations, new HeadView(default, default, 0, _responseEdits), rule.Status);
        Reply(rule.Status, default, ReplyDetails.DirectResponse, ResponseFlags.None);
    }

    private void Forward(scoped in RequestView view, ForwardAction action, in RouteInput input)
    {
        if (Is(Progress.Upgrade) && !TakeUpgrade(action)) return;

        string cluster = _choice!.Name;
        if (_choice.NameHeader is { } header)
            cluster = view.Headers.TryGet(header, out ReadOnlySpan<byte> named) ? Encoding.UTF8.GetString(named) : "";
        _cluster = _worker.Clusters.Find(_snapshot, cluster);
        if (_cluster is null)
        {
            _http.TelemetryOf(_worker).Stats.Add(HttpStat.NoCluster);
            Reply(action.ClusterNotFoundStatus, default, ReplyDetails.ClusterNotFound, ResponseFlags.NoClusterFound);
            return;
        }

        if (_route!.StatName.Length > 0) _routeStats = _worker.Telemetry.RouteStats.Get(_route.StatName);
        if (!_choice.RequestMutations.IsEmpty) Mutate(_choice.RequestMutations, RequestView, 0);
        RewriteHost(view, action);
        if (action.RewritesPath && !RewritePath(view, action)) return;
        SettleTimeouts(view, action);
        if (_requestEdits.Overflowed)
        {
            Reply(431, "The request's headers are too large once those of its route are added."u8, ReplyDetails.HeadersTooLarge, ResponseFlags.None);
            return;
        }

        _retry = action.Retry;
        _retriesLeft = _retry is { } retry && RetryDecision.AppliesTo(retry, view, input) ? retry.Retries : 0;
        if (_cluster.Hashes && action.HashRules.Count > 0) ComputeHash(view, action);
        if (Is(Progress.RequestEnded)) StartRouteTimer();
        if (action.Mirrors.Count > 0) StartMirrors(view, action);
        StartAttempt();
    }

    private bool TakeUpgrade(ForwardAction action)
    {
        StatBlock<HttpStat> stats = _http.TelemetryOf(_worker).Stats;
        if (!AllowsUpgrade(action))
        {
            stats.Add(HttpStat.DownstreamRqWsOnNonWsRoute);
            Reply(403, default, ReplyDetails.UpgradeFailed, ResponseFlags.None);
            return false;
        }

        _progress |= Progress.CountedUpgrade;
        stats.Add(HttpStat.DownstreamCxUpgradesTotal);
        stats.Add(HttpStat.DownstreamCxUpgradesActive);
        return true;
    }

    private bool AllowsUpgrade(ForwardAction action)
    {
        ReadOnlySpan<byte> token = UpgradeName;
        for (int i = 0; i < action.Upgrades.Count; i++)
        {
            UpgradeRule rule = action.Upgrades[i];
            if (!Ascii.EqualsIgnoreCase(token, rule.Type)) continue;
            EndsConnect = IsConnect && rule.TerminatesConnect;
            return rule.Enabled;
        }

        return _http.AllowsUpgrade(token);
    }

    private void RewriteHost(scoped in RequestView view, ForwardAction action)
    {
        scoped ReadOnlySpan<byte> host = _choice!.HostRewrite ?? action.HostRewrite;
        Span<byte> made = stackalloc byte[512];
        if (host.IsEmpty && action.HostRewriteHeader is { } header && view.Headers.TryGet(header, out ReadOnlySpan<byte> value)) host = value;
        if (host.IsEmpty && action.HostRewriteFromPath is { } pattern && pattern.Replace(view.Path, made) is var length and > 0) host = made[..length];
        if (!host.IsEmpty) SetHost(host, action, remember: true);
    }

    /// <summary>Sets the authority to send; the one before it goes to <c>x-forwarded-host</c> where the route asks for that.</summary>
    private void SetHost(scoped ReadOnlySpan<byte> host, ForwardAction action, bool remember)
    {
        if (remember && action.AppendForwardedHost)
        {
            RequestView view = RoutedView;
            bool given = view.Headers.TryGet(KnownHeader.XForwardedHost, out ReadOnlySpan<byte> before);
            _requestEdits.Remove(KnownHeader.XForwardedHost, Fields);
            if (given) _requestEdits.AppendList(KnownHeader.XForwardedHost, before, view.Authority);
            else _requestEdits.Append(KnownHeader.XForwardedHost, view.Authority);
        }

        _requestEdits.Set(KnownHeader.Host, host, Fields);
    }

    private unsafe bool RewritePath(scoped in RequestView view, ForwardAction action)
    {
        // The view may lie in the path that is about to be replaced, so the new one is made elsewhere.
        var room = new Span<byte>(_worker.CipherScratch, MaxRewrittenBytes);
        int length = action.WriteTarget(view, room);
        if (length < 0)
        {
            Reply(414, "The request's path is too long once it is rewritten."u8, ReplyDetails.HeadersTooLarge, ResponseFlags.None);
            return false;
        }

        _requestEdits.Set(KnownHeader.XEnvoyOriginalPath, UpstreamPath, Fields);
        if (_path.Length < Math.Max(length, 1)) _path = new byte[Math.Max(length, 256)];
        room[..length].CopyTo(_path);
        _pathLength = length;
        return true;
    }

    private void Mutate(HeaderMutations mutations, HeadView target, int status)
    {
        if (mutations.IsEmpty) return;
        if (mutations.IsConstant)
        {
            mutations.Apply(target, default);
            return;
        }

        Span<byte> remote = stackalloc byte[64];
        Span<byte> direct = stackalloc byte[64];
        Span<byte> local = stackalloc byte[64];
        Span<byte> upstream = stackalloc byte[64];
        mutations.Apply(target, new FormatInput
        {
            Request = RoutedView,
            Response = status == 0 ? default : target,
            DownstreamRemoteAddress = remote[.._client.Format(remote)],
            DownstreamDirectRemoteAddress = direct[.._facts.Peer.Format(direct)],
            DownstreamLocalAddress = local[.._facts.Local.Format(local)],
            DownstreamPeerUriSan = _facts.Tls is { PeerUriSan.Length: > 0 } tls ? Encoding.UTF8.GetBytes(tls.PeerUriSan) : default(ReadOnlySpan<byte>),
            DownstreamTlsVersion = _facts.Tls is { } facts ? Encoding.ASCII.GetBytes(facts.Version) : default(ReadOnlySpan<byte>),
            RequestedServerName = Encoding.ASCII.GetBytes(_facts.ServerName),
            UpstreamHost = _endpoint is { } endpoint ? upstream[..endpoint.Address.Format(upstream)] : default,
            UpstreamCluster = _cluster is { } cluster ? Encoding.UTF8.GetBytes(cluster.Model.Name) : default(ReadOnlySpan<byte>),
            RouteName = Encoding.UTF8.GetBytes(_route?.Name ?? ""),
            ResponseCode = status,
            StartTime = DateTimeOffset.UnixEpoch.AddTicks(_startWallNs / 100),
        });
    }
}
