using System.Globalization;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Endpoint.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Google.Protobuf;
using Weft.Xds;
using Weft.Xds.Protocol;

namespace Weft.Proxy.Tests.Discovery;

/// <summary>A configuration of real resources for a test: a listener with routes by RDS to a cluster with endpoints by EDS.</summary>
internal sealed class ResourceView(string version) : IXdsView
{
    private readonly Dictionary<(string Type, string Name), XdsResource> _resources = [];

    public string Version { get; } = version;

    public static ResourceView Chain(string version, int endpointPort) => new ResourceView(version)
        .With("c", Cluster("c"))
        .With("c", Endpoints("c", endpointPort))
        .With("l", Listener("l", "80"))
        .With("80", Routes("80", "c"));

    public static Cluster Cluster(string name) =>
        ProtoJson.Parse<Cluster>($$"""{"name":"{{name}}","type":"EDS","edsClusterConfig":{"edsConfig":{"ads":{} } } }""");

    public static ClusterLoadAssignment Endpoints(string name, int port) => ProtoJson.Parse<ClusterLoadAssignment>(
        $$"""{"clusterName":"{{name}}","endpoints":[{"lbEndpoints":[{"endpoint":{"address":{"socketAddress":{"address":"127.0.0.1","portValue":{{port}} } } } }]}]}""");

    public static RouteConfiguration Routes(string name, string cluster) => ProtoJson.Parse<RouteConfiguration>(
        $$"""{"name":"{{name}}","virtualHosts":[{"name":"v","domains":["*"],"routes":[{"match":{"prefix":"/"},"route":{"cluster":"{{cluster}}"} }]}]}""");

    public static Listener Listener(string name, string routes) => ProtoJson.Parse<Listener>(
        $$"""
        {"name":"{{name}}","address":{"socketAddress":{"address":"127.0.0.1","portValue":0} },"filterChains":[{"filters":[{"name":"h","typedConfig":{
          "@type":"type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
          "rds":{"routeConfigName":"{{routes}}","configSource":{"ads":{} } },
          "httpFilters":[{"name":"router","typedConfig":{"@type":"type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"} }]
        } }]}]}
        """);

    public ResourceView With(string name, IMessage message)
    {
        var version = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(message.ToByteArray()).AsSpan(0, 8)).ToLower(CultureInfo.InvariantCulture);
        _resources[(XdsTypeUrls.Prefix + message.Descriptor.FullName, name)] = XdsResource.Pack(name, version, message);
        return this;
    }

    public IReadOnlyCollection<XdsResource> All(string typeUrl) => [.. _resources.Where(r => r.Key.Type == typeUrl).Select(r => r.Value)];

    public XdsResource? Find(string typeUrl, string name) => _resources.GetValueOrDefault((typeUrl, name));
}
