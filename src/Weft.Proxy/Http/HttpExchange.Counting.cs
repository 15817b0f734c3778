using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Http;

/// <summary>Which requests of clients are under way; mirrors and CONNECTs of our own are none.</summary>
internal sealed partial class HttpExchange
{
    private void CountIn(bool isHttp2)
    {
        _progress |= Progress.Counted;
        StatBlock<HttpStat> stats = _http.TelemetryOf(_worker).Stats;
        stats.Add(HttpStat.DownstreamRqActive);
        stats.Add(isHttp2 ? HttpStat.DownstreamRqHttp2Total : HttpStat.DownstreamRqHttp1Total);
    }

    private void CountOut()
    {
        StatBlock<HttpStat> stats = _http.TelemetryOf(_worker).Stats;
        stats.Add(HttpStat.DownstreamRqActive, -1);
        if (Is(Progress.CountedUpgrade)) stats.Add(HttpStat.DownstreamCxUpgradesActive, -1);
    }
}
