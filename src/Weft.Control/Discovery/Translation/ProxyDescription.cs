using System.Collections.Immutable;
using System.Text.Json;
using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;

namespace Weft.Control.Discovery.Translation;

/// <summary>
/// Everything about a proxy that its configuration depends on. Two proxies with equal descriptions get equal configuration.
/// Source: Istio's node id <c>type~ip~name.namespace~namespace.svc.domain</c> and node metadata.
/// </summary>
public sealed record ProxyDescription
{
    public ProxyType Type { get; init; }

    public string Name { get; init; } = "";

    public string Namespace { get; init; } = "default";

    /// <summary>The workload's address; an endpoint with it makes the proxy a part of that service.</summary>
    public string Address { get; init; } = "";

    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public string ServiceAccount { get; init; } = "";

    /// <summary>
    /// Weft's unprivileged capture: a two-octet prefix such as <c>127.71</c> under which this workload alone reaches each service at
    /// an address of its own. Null for transparent capture. Metadata <c>WEFT_LOOPBACK</c>.
    /// </summary>
    public string? LoopbackPrefix { get; init; }

    /// <summary>The port of the HTTP proxy listener in loopback mode.</summary>
    public int HttpProxyPort { get; init; } = 15080;

    /// <summary>The proxy answers DNS for mesh names, so services without an address get one. Metadata <c>DNS_CAPTURE</c>.</summary>
    public bool DnsCapture { get; init; }

    /// <summary>A gateway's server ports that it binds elsewhere, e.g. 80 → 8080. Metadata <c>WEFT_GATEWAY_PORTS</c>, <c>80=8080,443=8443</c>.</summary>
    public ImmutableSortedDictionary<int, int> GatewayPorts { get; init; } = ImmutableSortedDictionary<int, int>.Empty;

    /// <summary>The proxy cannot bind ports below 1024, so it is not asked to. Metadata <c>UNPRIVILEGED_POD</c>.</summary>
    public bool Unprivileged { get; init; }

    /// <summary>Reads a node as a proxy sends it. Throws <see cref="FormatException"/> with a sentence for a malformed id.</summary>
    public static ProxyDescription FromNode(Node node)
    {
        string[] parts = node.Id.Split('~');
        if (parts.Length != 4)
            throw new FormatException($"The node id '{node.Id}' is not of the form type~ip~name.namespace~namespace.svc.domain.");
        ProxyType type = parts[0] switch
        {
            "sidecar" => ProxyType.Sidecar,
            "router" => ProxyType.Router,
            _ => throw new FormatException($"The node id '{node.Id}' names the proxy type '{parts[0]}'; it must be sidecar or router."),
        };
        Struct metadata = node.Metadata ?? new Struct();
        int dot = parts[2].LastIndexOf('.');
        string idNamespace = parts[3].Split('.', 2)[0];
        return new ProxyDescription
        {
            Type = type,
            Address = parts[1],
            Name = dot > 0 ? parts[2][..dot] : parts[2],
            Namespace = Text(metadata, "NAMESPACE") ?? (idNamespace.Length > 0 ? idNamespace : "default"),
            Labels = Labelled(metadata),
            ServiceAccount = Text(metadata, "SERVICE_ACCOUNT") ?? "",
            LoopbackPrefix = Text(metadata, "WEFT_LOOPBACK"),
            DnsCapture = Text(metadata, "DNS_CAPTURE") is "true" or "1",
            Unprivileged = Text(metadata, "UNPRIVILEGED_POD") is "true" or "1",
            GatewayPorts = ParsePorts(Text(metadata, "WEFT_GATEWAY_PORTS")),
        };
    }

    /// <summary>
    /// Reads <c>{"type":"sidecar|router","namespace":…,"ip":…,"labels":{…},"serviceAccount":…,"name":…}</c>; every member is
    /// optional. Throws <see cref="FormatException"/> with a sentence for anything else.
    /// </summary>
    public static ProxyDescription FromJson(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            ProxyDescription proxy = new();
            foreach (JsonProperty member in document.RootElement.EnumerateObject())
                proxy = proxy.With(member);
            return proxy;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException($"The proxy is not described by a JSON object: {e.Message}", e);
        }
    }

    private ProxyDescription With(JsonProperty member) => member.Name switch
    {
        "type" => this with
        {
            Type = member.Value.GetString() switch
            {
                "sidecar" => ProxyType.Sidecar,
                "router" or "gateway" => ProxyType.Router,
                string other => throw new FormatException($"The proxy type '{other}' is unknown; write sidecar or router."),
                null => ProxyType.Sidecar,
            },
        },
        "namespace" => this with { Namespace = member.Value.GetString() ?? "default" },
        "name" => this with { Name = member.Value.GetString() ?? "" },
        "ip" => this with { Address = member.Value.GetString() ?? "" },
        "serviceAccount" => this with { ServiceAccount = member.Value.GetString() ?? "" },
        "loopback" => this with { LoopbackPrefix = member.Value.GetString() },
        "dnsCapture" => this with { DnsCapture = member.Value.GetBoolean() },
        "labels" => this with
        {
            Labels = member.Value.EnumerateObject().ToImmutableSortedDictionary(
                label => label.Name, label => label.Value.GetString() ?? "", StringComparer.Ordinal),
        },
        _ => throw new FormatException(
            $"The proxy has no member '{member.Name}'; it has type, name, namespace, ip, labels, serviceAccount, loopback and dnsCapture."),
    };

    private static string? Text(Struct metadata, string key)
    {
        if (!metadata.Fields.TryGetValue(key, out Value? value))
            return null;
        return value.KindCase switch
        {
            Value.KindOneofCase.StringValue => value.StringValue,
            Value.KindOneofCase.BoolValue => value.BoolValue ? "true" : "false",
            _ => null,
        };
    }

    private static ImmutableSortedDictionary<string, string> Labelled(Struct metadata)
    {
        if (!metadata.Fields.TryGetValue("LABELS", out Value? labels) || labels.KindCase != Value.KindOneofCase.StructValue)
            return ImmutableSortedDictionary<string, string>.Empty;
        return labels.StructValue.Fields.ToImmutableSortedDictionary(pair => pair.Key, pair => pair.Value.StringValue, StringComparer.Ordinal);
    }

    private static ImmutableSortedDictionary<int, int> ParsePorts(string? text)
    {
        ImmutableSortedDictionary<int, int>.Builder ports = ImmutableSortedDictionary.CreateBuilder<int, int>();
        foreach (string pair in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] sides = pair.Split('=');
            if (sides.Length == 2 && ushort.TryParse(sides[0], out ushort from) && ushort.TryParse(sides[1], out ushort to))
                ports[from] = to;
        }

        return ports.ToImmutable();
    }
}
