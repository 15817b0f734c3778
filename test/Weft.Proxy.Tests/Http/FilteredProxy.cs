using System.Diagnostics;
using Envoy.Extensions.Filters.Http.Fault.V3;
using Weft.Policy.Filters;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Http;

/// <summary>Proxies whose connection manager has the fault and the CORS filter, as the control plane makes them.</summary>
internal static class FilteredProxy
{
    public const string Fault = "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault";
    public const string Cors = "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy";

    /// <summary>A route of everything to the cluster <c>upstream</c>, with a filter's settings as JSON.</summary>
    /// <param name="action">More fields of the route action, beginning with a comma.</param>
    /// <param name="route">More fields of the route, beginning with a comma.</param>
    public static string Route(string filter, string type, string settings, string action = "", string route = "") =>
        """{"match": {"prefix": "/"}, "route": {"cluster": "upstream" ACTION} ROUTE, "typed_per_filter_config": {"FILTER": {"@type": "TYPE", SETTINGS}}}"""
            .Replace("ACTION", action, StringComparison.Ordinal).Replace("ROUTE", route, StringComparison.Ordinal).Replace("FILTER", filter, StringComparison.Ordinal)
            .Replace("TYPE", type, StringComparison.Ordinal).Replace("SETTINGS", settings, StringComparison.Ordinal);

    public static string FaultRoute(string settings) => Route("fault", Fault, settings);

    public static string CorsRoute(string settings) => Route("cors", Cors, settings);

    public static HttpConnectionManagerModel Manager(params string[] routes) => new()
    {
        StatPrefix = "test",
        UseRemoteAddress = true,
        InlineRoutes = TestRoutes.Of(routes),
        UpgradeTypes = ["websocket"],
        Filters = [new FaultFilterModel { Name = "fault", Rule = FaultRule.Compile(new HTTPFault(), [])! }, new CorsFilterModel { Name = "cors" }],
    };

    public static ProxyUnderTest Start(int upstreamPort, params string[] routes) => ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstreamPort), Manager(routes));

    /// <summary>A statistic, summed over the workers after they went through their loops.</summary>
    public static async Task<long> StatAsync(this ProxyUnderTest proxy, string name)
    {
        Assert.True(await proxy.Engine.SettleAsync(ProxyUnderTest.Deadline));
        return Assert.Single(StatsPage.Read(proxy.Engine.Options.Telemetry, filter: null, usedOnly: false), stat => stat.Key == name).Value;
    }

    /// <summary>Waits until a statistic has a value, for as long as a test may wait.</summary>
    public static async Task UntilStatAsync(this ProxyUnderTest proxy, string name, Func<long, bool> isReached)
    {
        long start = Stopwatch.GetTimestamp();
        while (!isReached(await proxy.StatAsync(name)))
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < ProxyUnderTest.Deadline, $"{name} did not get there");
            await Task.Yield();
        }
    }
}
