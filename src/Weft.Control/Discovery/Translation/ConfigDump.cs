using System.Text.Json.Nodes;
using Google.Protobuf;
using Weft.Control.Discovery.Snapshot;
using Weft.Xds;

namespace Weft.Control.Discovery.Translation;

/// <summary>What a proxy is given, for people and tools: <c>weft proxy-config</c>.</summary>
public static class ConfigDump
{
    /// <summary>
    /// <c>{"listeners":[…],"routes":[…],"clusters":[…],"endpoints":[…]}</c>, each resource as canonical proto JSON. Private keys are not in
    /// it: secrets are left out.
    /// </summary>
    public static JsonObject Build(MeshSnapshot snapshot, ProxyDescription proxy) => Build(ProxyTranslator.Translate(snapshot, proxy));

    /// <summary>The same for resources at hand.</summary>
    public static JsonObject Build(ProxyResources resources) => new()
    {
        ["listeners"] = ToArray(resources.Listeners),
        ["routes"] = ToArray(resources.Routes),
        ["clusters"] = ToArray(resources.Clusters),
        ["endpoints"] = ToArray(resources.Endpoints),
    };

    private static JsonArray ToArray(IEnumerable<IMessage> messages) => [.. messages.Select(message => JsonNode.Parse(ProtoJson.Print(message)))];
}
