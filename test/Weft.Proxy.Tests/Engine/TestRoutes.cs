using Envoy.Config.Route.V3;
using Weft.Policy.Routes;
using Weft.Proxy.Model;
using Weft.Xds;

namespace Weft.Proxy.Tests.Engine;

/// <summary>Route tables for tests.</summary>
internal static class TestRoutes
{
    /// <summary>Everything goes to one cluster.</summary>
    public static RouteTableModel To(string cluster) =>
        Of("""{"match": {"prefix": "/"}, "route": {"cluster": "NAME"}}""".Replace("NAME", cluster, StringComparison.Ordinal));

    /// <summary>One virtual host for every domain with these routes, as JSON.</summary>
    public static RouteTableModel Of(params string[] routes) => OfHost("\"include_request_attempt_count\": true", routes);

    /// <summary>The same, with settings of the virtual host.</summary>
    public static RouteTableModel OfHost(string settings, params string[] routes)
    {
        var errors = new List<string>();
        RouteTable? table = RouteTable.Compile(
            ProtoJson.Parse<RouteConfiguration>($$"""{"name": "test", "virtual_hosts": [{"name": "all", "domains": ["*"], {{settings}}, "routes": [{{string.Join(',', routes)}}]}]}"""),
            errors);
        Assert.Empty(errors);
        return new RouteTableModel { Name = "test", Table = table! };
    }
}
