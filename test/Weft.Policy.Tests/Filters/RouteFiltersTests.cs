using Weft.Policy.Filters;
using Weft.Policy.Routes;
using Weft.Policy.Tests.Routes;

namespace Weft.Policy.Tests.Filters;

public class RouteFiltersTests
{
    private const string Fault = "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault";
    private const string Cors = "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy";

    [Fact]
    public void MostSpecificLevel_WinsForEachFilter()
    {
        RouteTable table = TestRequest.Compile(Json.Fill("""
            {"typedPerFilterConfig":{"f":{"@type":"$1","abort":{"httpStatus":501}},"c":{"@type":"$2","maxAge":"1"}},
             "virtualHosts":[{"name":"v","domains":["*"],"typedPerFilterConfig":{"f":{"@type":"$1","abort":{"httpStatus":502}}},
              "routes":[
               {"match":{"prefix":"/own"},"route":{"cluster":"c"},"typedPerFilterConfig":{"f":{"@type":"$1","abort":{"grpcStatus":14}}}},
               {"match":{"prefix":"/off"},"directResponse":{"status":200},"typedPerFilterConfig":{"f":{"@type":"type.googleapis.com/envoy.config.route.v3.FilterConfig","disabled":true}}},
               {"match":{"prefix":"/wrapped"},"route":{"cluster":"c"},"typedPerFilterConfig":{"f":{"@type":"type.googleapis.com/envoy.config.route.v3.FilterConfig","config":{"@type":"$1","abort":{"httpStatus":503}}}}},
               {"match":{"prefix":"/weighted"},"route":{"weightedClusters":{"clusters":[{"name":"c","weight":1,"typedPerFilterConfig":{"f":{"@type":"$1","abort":{"httpStatus":504}}}}]}}},
               {"match":{"prefix":"/"},"route":{"cluster":"c"}}]}]}
            """, Fault, Cors));
        RouteFilters Of(string path) => TestRequest.Get("a", path).In(table) is { Cluster: { } choice } ? choice.Filters : TestRequest.Get("a", path).In(table).Route!.Filters;
        Assert.Equal((503, 14), Of("/own").Find("f") is FaultRule own ? (own.AbortStatus, own.AbortGrpcStatus) : default);
        Assert.Same(FilterRule.Off, Of("/off").Find("f"));
        Assert.Equal(503, Assert.IsType<FaultRule>(Of("/wrapped").Find("f")).AbortStatus);
        Assert.Equal(504, Assert.IsType<FaultRule>(Of("/weighted").Find("f")).AbortStatus);
        Assert.Equal(502, Assert.IsType<FaultRule>(Of("/").Find("f")).AbortStatus);
        Assert.All(["/own", "/off", "/"], path => Assert.Equal("1"u8.ToArray(), Assert.IsType<CorsRule>(Of(path).Find("c")).MaxAge));
        Assert.Null(Of("/").Find("other"));
    }

    [Theory]
    [InlineData("""{"delay":{}}""", "delay: fixed_delay must be set.")]
    [InlineData("""{"delay":{"fixedDelay":"0s"}}""", "delay.fixed_delay: the delay must be greater than 0.")]
    [InlineData("""{"abort":{}}""", "abort: http_status or grpc_status must be set.")]
    [InlineData("""{"abort":{"httpStatus":199}}""", "abort.http_status: 199 is not a status from 200 to 599.")]
    [InlineData("""{"headers":[{"name":"a b"}]}""", "headers[0].name: 'a b' is not a header name.")]
    public void FaultThatCannotBe_IsAnErrorWithItsPlace(string fault, string error) =>
        Assert.Equal(
            [$"virtual_hosts[v].routes[0].typed_per_filter_config[f].{error}"],
            TestRequest.RouteErrors(Json.Fill("""{"match":{"prefix":"/"},"route":{"cluster":"c"},"typedPerFilterConfig":{"f":{"@type":"$1",$2}}""", Fault, fault[1..])));

    [Fact]
    public void CorsOriginThatIsNoPattern_IsAnErrorWithItsPlace() => Assert.StartsWith(
        "virtual_hosts[v].routes[0].typed_per_filter_config[c].allow_origin_string_match[0].safe_regex.regex: ",
        Assert.Single(TestRequest.RouteErrors(
            Json.Fill("""{"match":{"prefix":"/"},"route":{"cluster":"c"},"typedPerFilterConfig":{"c":{"@type":"$1","allowOriginStringMatch":[{"safeRegex":{"regex":"("}}]}}}""", Cors))));
}
