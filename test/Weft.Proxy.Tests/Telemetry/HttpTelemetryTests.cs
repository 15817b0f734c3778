using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Tests.Telemetry;

public sealed class HttpTelemetryTests
{
    [Fact]
    public void Record_InSteadyState_AllocatesNothing()
    {
        WorkerTelemetry worker = new ProxyTelemetry(new WorkloadLabels("web-1", "default")).CreateWorker();
        HttpTelemetry http = worker.Http(Listener(TrafficDirection.Outbound), new HttpConnectionManagerModel { StatPrefix = "outbound" });
        ClusterTelemetry cluster = worker.Cluster(new ClusterModel { Name = "outbound|80|v1|reviews.default.svc.cluster.local" });
        PeerHandle peer = worker.Peer("spiffe://cluster.local/ns/default/sa/reviews");
        long before = 0;
        for (int i = 0; i < 20_000; i++)
        {
            if (i == 10_000) before = GC.GetAllocatedBytesForCurrentThread();
            http.Record(new ExchangeRecord
            {
                Status = i % 2 == 0 ? 200 : 503,
                Cluster = cluster,
                UpstreamPeer = peer,
                DurationMicroseconds = i,
                ResponseBodyBytes = i,
                StartUnixMicroseconds = 1_700_000_000_000_000 + i,
            });
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(20_000, http.Stats.Get(HttpStat.DownstreamRqTotal));
        Assert.Equal(10_000, http.Stats.Get(HttpStat.DownstreamRq5xx));
        Assert.Equal(2, worker.HttpSeries.SlotCount);
    }

    [Fact]
    public void StatNames_AreEnvoys()
    {
        Assert.Contains("upstream_rq_2xx", StatNames.Cluster);
        Assert.Contains("upstream_cx_http1_total", StatNames.Cluster);
        Assert.Contains("ssl.fail_verify_san", StatNames.Cluster);
        Assert.Contains("no_filter_chain_match", StatNames.Listener);
        Assert.Contains("downstream_cx_http2_active", StatNames.Http);
        Assert.Contains("downstream_rq_ws_on_non_ws_route", StatNames.Http);
        Assert.Equal("upstream_rq_5xx", StatNames.Cluster[(int)ClusterStat.UpstreamRq5xx]);
    }

    [Fact]
    public void FlagNames_RoundTrip()
    {
        foreach (ResponseFlags flag in Enum.GetValues<ResponseFlags>().Where(flag => flag != ResponseFlags.None))
            Assert.Equal(flag, ResponseFlagNames.Parse(ResponseFlagNames.Format(flag)));
        Assert.Equal("-", ResponseFlagNames.Format(ResponseFlags.None));
        Assert.Equal("UF,URX", ResponseFlagNames.Format(ResponseFlags.UpstreamRetryLimitExceeded | ResponseFlags.UpstreamConnectionFailure));
        Assert.InRange(ResponseFlagNames.Format((ResponseFlags)((1u << 30) - 1)).Length, 1, ResponseFlagNames.MaxBytes);
    }

    internal static ListenerModel Listener(TrafficDirection direction) =>
        new() { Name = "virtual", Address = NetworkAddress.FromV4(0x7f000001, 15001), Direction = direction };
}
