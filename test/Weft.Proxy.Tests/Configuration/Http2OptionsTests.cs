using Envoy.Config.Listener.V3;
using Google.Protobuf.WellKnownTypes;
using Weft.Proxy.Configuration;
using Weft.Proxy.Model;
using Weft.Wire.Http2;
using Weft.Xds;
using Weft.Xds.Protocol;

namespace Weft.Proxy.Tests.Configuration;

/// <summary>The limits of HTTP/2 that a control plane sets are those that hold.</summary>
public class Http2OptionsTests
{
    [Fact]
    public void AbuseLimits_AreTaken()
    {
        Http2AbuseLimits limits = Compile("""
            "http2ProtocolOptions":{"maxConsecutiveInboundFramesWithEmptyPayload":7,"maxInboundPriorityFramesPerStream":8,"maxInboundWindowUpdateFramesPerDataFrameSent":9},
            """).Abuse;
        Assert.Equal((7, 8, 9), (limits.ConsecutiveEmptyFrames, limits.PriorityFramesPerStream, limits.WindowUpdatesPerDataFrame));
        Assert.Equal(Http2AbuseLimits.Mesh.Pings, limits.Pings);
    }

    [Fact]
    public void ManagerAtTheEdge_HasTheBudgetsOfTheEdge()
    {
        Assert.Same(Http2AbuseLimits.Mesh, Compile("").Abuse);
        Assert.Same(Http2AbuseLimits.Edge, Compile("\"useRemoteAddress\":true,").Abuse);
        Http2Model edge = Compile("""
            "useRemoteAddress":true,"http2ProtocolOptions":{"maxConcurrentStreams":100,"initialStreamWindowSize":65536,"initialConnectionWindowSize":1048576,"maxInboundPriorityFramesPerStream":8},
            """);
        Assert.Equal(Http2AbuseLimits.Edge with { PriorityFramesPerStream = 8 }, edge.Abuse);
        Assert.Equal((100, 65_536, 1_048_576), (edge.MaxConcurrentStreams, edge.InitialStreamWindowBytes, edge.InitialConnectionWindowBytes));
    }

    private static Http2Model Compile(string fields)
    {
        ConfigurationStore store = new(TimeProvider.System);
        Any resource = Any.Pack(ProtoJson.Parse<Listener>($$$"""
            {"name":"l","address":{"socketAddress":{"address":"127.0.0.1","portValue":80} },"filterChains":[{"filters":[{"name":"h","typedConfig":{
              "@type":"type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",{{{fields}}}
              "routeConfig":{},
              "httpFilters":[{"name":"router","typedConfig":{"@type":"type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"} }]
            } }]}]}
            """));
        Assert.Empty(store.Apply(new AdsUpdate(XdsTypeUrls.Listener, "1", [new ReceivedResource("l", "1", resource)], [])));
        return Assert.IsType<HttpConnectionManagerModel>(Assert.Single(store.Snapshot().Listeners).FilterChains[0].Terminal).Http2;
    }
}
