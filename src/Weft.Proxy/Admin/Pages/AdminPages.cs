using System.Text.RegularExpressions;
using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Admin.Pages;

/// <summary>Puts the three sites of a proxy together: admin (15000), statistics (15020) and health (15021).</summary>
public sealed class AdminPages
{
    private static readonly string[] s_levels = ["error", "warning", "info", "debug"];
    private readonly IAdminTarget _target;
    private readonly ProxyTelemetry _telemetry;
    private readonly ServerInfo _server;
    private volatile bool _healthFailed;

    /// <param name="target">The proxy.</param>
    /// <param name="telemetry">Its statistics; those of the server itself are added.</param>
    /// <param name="time">The clock for uptime and for the age of certificates.</param>
    public AdminPages(IAdminTarget target, ProxyTelemetry telemetry, TimeProvider time)
    {
        _target = target;
        _telemetry = telemetry;
        _server = new ServerInfo(target, telemetry, time);
        _server.AddStatistics();
    }

    /// <summary>Envoy's admin pages; for loopback only.</summary>
    public AdminSite Admin() => new(
        [
            new AdminPage("/ready", false, "200 when the proxy serves, else 503", _ => Ready()),
            new AdminPage("/server_info", false, "version, state and uptime", _ => Json(_server.Write)),
            new AdminPage("/memory", false, "memory of the process", _ => Json(ServerInfo.WriteMemory)),
            new AdminPage("/config_dump", false, "the configuration in force (?include_eds adds endpoints)", ConfigDump),
            new AdminPage("/listeners", false, "listeners and their addresses (?format=json)", Listeners),
            new AdminPage("/clusters", false, "clusters and their endpoints (?format=json)", Clusters),
            new AdminPage("/certs", false, "certificates and when they end", _ => Json(stream => CertificatesPage.Write(_target.Snapshot, _server.Time, stream))),
            new AdminPage("/slow_detection", false, "ports whose clients waited because their protocol is found out by looking", _ => Json(stream => DetectionPage.Write(_target.SlowDetections, stream))),
            new AdminPage("/stats", false, "statistics (?filter=REGEX, ?usedonly, ?format=json|prometheus)", Stats),
            new AdminPage("/stats/prometheus", false, "all metrics in Prometheus' text format", _ => Prometheus()),
            new AdminPage("/logging", true, "?level=error|warning|info|debug", Logging),
            new AdminPage("/reopen_logs", true, "opens the access logs' files anew", _ => Do("OK\n", _telemetry.ReopenLogs)),
            new AdminPage("/healthcheck/fail", true, "makes health checks of this proxy fail", _ => Do("OK\n", () => FailHealth(true))),
            new AdminPage("/healthcheck/ok", true, "undoes /healthcheck/fail", _ => Do("OK\n", () => FailHealth(false))),
            new AdminPage("/drain_listeners", true, "stops accepting; what is open goes on", _ => Do("OK\n", _target.DrainListeners)),
            new AdminPage("/drain", true, "the same as /drain_listeners", _ => Do("OK\n", _target.DrainListeners)),
            new AdminPage("/quitquitquit", true, "ends the process in good order", _ => AdminResponse.Text("OK\n").Then(_target.Quit)),
        ],
        loopbackOnly: true);

    /// <summary>What Istio's agent serves on 15020; reachable from other machines, so it changes nothing.</summary>
    public AdminSite Statistics() => new(
        [
            new AdminPage("/stats/prometheus", false, "", _ => Prometheus()),
            new AdminPage("/metrics", false, "", _ => Prometheus()),
            new AdminPage("/healthz/ready", false, "", _ => Ready()),
        ],
        loopbackOnly: false);

    /// <summary>Istio's readiness on 15021, for a kubelet or a load balancer.</summary>
    public AdminSite Health() => new([new AdminPage("/healthz/ready", false, "", _ => Ready())], loopbackOnly: false);

    private AdminResponse Ready()
    {
        if (_healthFailed) return AdminResponse.Text("Health checks were made to fail (POST /healthcheck/ok mends them).\n", 503);
        if (_target.State == ServerState.Live) return AdminResponse.Text("LIVE\n");
        return AdminResponse.Text($"{ServerInfo.StateName(_target.State)}\n{(_target.WaitingFor.Length > 0 ? _target.WaitingFor + "\n" : "")}", 503);
    }

    private AdminResponse ConfigDump(AdminRequest request)
    {
        foreach ((string name, _) in request.Query)
        {
            if (name != "include_eds") return AdminResponse.Text($"/config_dump has no parameter '{name}', only include_eds.\n", 400);
        }

        return Json(stream => _target.WriteConfigDump(stream, request.Parameter("include_eds") is not null));
    }

    private AdminResponse Listeners(AdminRequest request) => request.Parameter("format") == "json"
        ? Json(stream => ListenersPage.WriteJson(_target, stream))
        : AdminResponse.Streamed("text/plain; charset=utf-8", stream => ListenersPage.WriteText(_target, stream));

    private AdminResponse Clusters(AdminRequest request) => request.Parameter("format") == "json"
        ? Json(stream => ClustersPage.WriteJson(_target.Snapshot, stream))
        : AdminResponse.Streamed("text/plain; charset=utf-8", stream => ClustersPage.WriteText(_target.Snapshot, stream));

    private AdminResponse Stats(AdminRequest request)
    {
        Regex? filter = null;
        if (request.Parameter("filter") is { Length: > 0 } pattern)
        {
            try
            {
                // Without backtracking: a pattern from outside must not be able to hang the thread.
                filter = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            }
            catch (Exception e) when (e is ArgumentException or NotSupportedException)
            {
                return AdminResponse.Text($"The filter is no regular expression: {e.Message}\n", 400);
            }
        }

        bool usedOnly = request.Parameter("usedonly") is not null;
        switch (request.Parameter("format"))
        {
            case "prometheus": return Prometheus();
            case "json": return Json(stream => WriteStats(stream, filter, usedOnly, StatsPage.WriteJson));
            case null or "text": return AdminResponse.Streamed("text/plain; charset=utf-8", stream => WriteStats(stream, filter, usedOnly, StatsPage.WriteText));
            default: return AdminResponse.Text("The formats are text, json and prometheus.\n", 400);
        }
    }

    private void WriteStats(Stream stream, Regex? filter, bool usedOnly, Action<IEnumerable<KeyValuePair<string, long>>, Utf8Output> write)
    {
        Utf8Output output = new(stream);
        write(StatsPage.Read(_telemetry, filter, usedOnly), output);
        output.Flush();
    }

    private AdminResponse Logging(AdminRequest request)
    {
        if (request.Parameter("level") is { } level)
        {
            if (!s_levels.Contains(level)) return AdminResponse.Text($"The levels are {string.Join(", ", s_levels)}.\n", 400);
            _target.LogLevel = level;
        }

        return AdminResponse.Text($"active loggers:\n  proxy: {_target.LogLevel}\n");
    }

    private AdminResponse Prometheus() =>
        AdminResponse.Streamed(PrometheusPage.ContentType, stream => PrometheusPage.Write(_telemetry, stream));

    private static AdminResponse Json(Action<Stream> write) => AdminResponse.Streamed("application/json", write);

    private static AdminResponse Do(string text, Action action)
    {
        action();
        return AdminResponse.Text(text);
    }

    private void FailHealth(bool fail)
    {
        _healthFailed = fail;
        _target.FailHealthCheck(fail);
    }
}
