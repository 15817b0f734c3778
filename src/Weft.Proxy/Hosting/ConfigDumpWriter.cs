using System.Text;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf.WellKnownTypes;
using Weft.Proxy.Configuration;
using Weft.Xds;

namespace Weft.Proxy.Hosting;

/// <summary>
/// Writes what the proxy holds as Envoy's <c>/config_dump</c>: <c>{"configs":[…]}</c>, one entry a resource type, each resource with its version, when it came and, when its newest
/// version was refused, why. Private keys are replaced by <c>[redacted]</c>. Source: envoy.admin.v3.ConfigDump.
/// </summary>
internal static class ConfigDumpWriter
{
    private static readonly (string TypeUrl, string Dump, string Static, string Dynamic, string Body)[] Sections =
    [
        (XdsTypeUrls.Cluster, "ClustersConfigDump", "staticClusters", "dynamicActiveClusters", "cluster"),
        (XdsTypeUrls.Listener, "ListenersConfigDump", "staticListeners", "dynamicListeners", "listener"),
        (XdsTypeUrls.Route, "RoutesConfigDump", "staticRouteConfigs", "dynamicRouteConfigs", "routeConfig"),
        (XdsTypeUrls.Endpoint, "EndpointsConfigDump", "staticEndpointConfigs", "dynamicEndpointConfigs", "endpointConfig"),
        (XdsTypeUrls.Secret, "SecretsConfigDump", "staticSecrets", "dynamicActiveSecrets", "secret"),
    ];

    /// <summary>Writes UTF-8 JSON, one resource after the other, so that a large configuration is never one string.</summary>
    public static void Write(Stream stream, IReadOnlyList<ResourceState> resources, bool includeEndpoints)
    {
        using StreamWriter writer = new(stream, new UTF8Encoding(false), 16 * 1024, leaveOpen: true);
        writer.Write("{\"configs\":[");
        string comma = "";
        foreach (var section in Sections)
        {
            if (section.TypeUrl == XdsTypeUrls.Endpoint && !includeEndpoints) continue;
            writer.Write($"{comma}{{\"@type\":\"type.googleapis.com/envoy.admin.v3.{section.Dump}\"");
            WriteList(writer, section.Static, section.Body, resources.Where(r => r.TypeUrl == section.TypeUrl && r.IsStatic));
            WriteList(writer, section.Dynamic, section.Body, resources.Where(r => r.TypeUrl == section.TypeUrl && !r.IsStatic));
            writer.Write('}');
            comma = ",";
        }

        writer.Write("]}\n");
    }

    private static void WriteList(StreamWriter writer, string name, string bodyName, IEnumerable<ResourceState> resources)
    {
        writer.Write($",\"{name}\":[");
        string comma = "";
        foreach (ResourceState resource in resources)
        {
            writer.Write($"{comma}{{\"name\":{Quote(resource.Name)},\"versionInfo\":{Quote(resource.Version)},\"lastUpdated\":\"{resource.UpdatedAt:yyyy-MM-ddTHH:mm:ss.fffZ}\"");
            if (resource.IsWarming) writer.Write(",\"clientStatus\":\"REQUESTED\"");
            if (resource.Error is not null)
                writer.Write($",\"clientStatus\":\"NACKED\",\"errorState\":{{\"details\":{Quote(resource.Error)},\"versionInfo\":{Quote(resource.ErrorVersion)}}}");
            if (!resource.Body.IsEmpty) writer.Write($",\"{bodyName}\":{Body(resource)}");
            writer.Write('}');
            comma = ",";
        }

        writer.Write(']');
    }

    private static string Body(ResourceState resource)
    {
        Any any = new() { TypeUrl = resource.TypeUrl, Value = resource.Body };
        if (resource.TypeUrl == XdsTypeUrls.Secret)
        {
            Secret secret = Secret.Parser.ParseFrom(resource.Body);
            if (secret.TlsCertificate?.PrivateKey is not null)
                secret.TlsCertificate.PrivateKey = new Envoy.Config.Core.V3.DataSource { InlineString = "[redacted]" };
            any = Any.Pack(secret);
        }

        return ProtoJson.Print(any);
    }

    private static string Quote(string text) => $"\"{System.Text.Json.JsonEncodedText.Encode(text)}\"";
}
