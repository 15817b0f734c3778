using System.Text.Json.Nodes;
using Envoy.Config.Bootstrap.V3;
using Google.Protobuf;
using Weft.Xds;

namespace Weft.Cli.Supervision;

/// <summary>The Envoy-style bootstrap that a workload's proxy starts from: who it is, and where its control plane is.</summary>
public sealed record ProxyBootstrap
{
    /// <summary>Ports that every proxy has at its own address; Istio's numbers.</summary>
    public const int AdminPort = 15000;

    /// <summary>Answers 200 at <c>/healthz/ready</c> once the proxy serves.</summary>
    public const int ReadyPort = 15021;

    public required WorkloadDefinition Workload { get; init; }

    /// <summary>The proxy's own address.</summary>
    public required string Address { get; init; }

    /// <summary>Where the admin server listens: loopback, of the machine or of the workload's network namespace.</summary>
    public required string AdminAddress { get; init; }

    /// <summary>The workload's loopback network; null when its traffic is captured below it.</summary>
    public LoopbackPrefix? Loopback { get; init; }

    /// <summary>The control plane's address.</summary>
    public required string ControlAddress { get; init; }

    /// <summary>xDS in the clear on loopback 15010.</summary>
    public required int DiscoveryPort { get; init; }

    /// <summary>Certificates over TLS: 15012.</summary>
    public required int AuthorityPort { get; init; }

    /// <summary>The file with the token that proves who the proxy is.</summary>
    public required string TokenFile { get; init; }

    /// <summary>The file with the mesh's root certificate.</summary>
    public required string RootFile { get; init; }

    /// <summary><c>sidecar~ADDRESS~NAME.NAMESPACE~NAMESPACE.svc.cluster.local</c>, or <c>router~…</c>.</summary>
    public string NodeId => NodeIdOf(Workload, Address);

    /// <summary>The xDS name of a workload's proxy at an address.</summary>
    public static string NodeIdOf(WorkloadDefinition workload, string address) =>
        $"{(workload.IsGateway ? "router" : "sidecar")}~{address}~{workload.Name}.{workload.Namespace}~{workload.Namespace}.svc.cluster.local";

    /// <summary>Makes the schemas that <see cref="RenderBytes"/> goes by, which takes longer than the rest of it: for a moment when nobody waits.</summary>
    public static void Prepare() => _ = Bootstrap.Descriptor;

    /// <summary>The bootstrap as JSON, which is YAML as well.</summary>
    public string Render()
    {
        JsonObject bootstrap = new()
        {
            ["node"] = new JsonObject
            {
                ["id"] = NodeId,
                ["cluster"] = $"{CanonicalName}.{Workload.Namespace}",
                ["metadata"] = Metadata(),
            },
            ["admin"] = new JsonObject { ["address"] = Socket(AdminAddress, AdminPort) },
            ["dynamic_resources"] = new JsonObject
            {
                ["ads_config"] = new JsonObject
                {
                    ["api_type"] = "DELTA_GRPC",
                    ["transport_api_version"] = "V3",
                    ["grpc_services"] = new JsonArray(new JsonObject { ["envoy_grpc"] = new JsonObject { ["cluster_name"] = "xds-grpc" } }),
                },
                ["lds_config"] = new JsonObject { ["ads"] = new JsonObject(), ["resource_api_version"] = "V3" },
                ["cds_config"] = new JsonObject { ["ads"] = new JsonObject(), ["resource_api_version"] = "V3" },
            },
            ["static_resources"] = new JsonObject { ["clusters"] = new JsonArray(DiscoveryCluster()) },
        };
        return bootstrap.ToJsonString(Pretty);
    }

    /// <summary>The same as the bytes of <c>envoy.config.bootstrap.v3.Bootstrap</c>.</summary>
    public byte[] RenderBytes() => ProtoJson.Parse<Bootstrap>(Render()).ToByteArray();

    private static readonly System.Text.Json.JsonSerializerOptions Pretty = new() { WriteIndented = true };

    private string CanonicalName =>
        Workload.Labels.GetValueOrDefault("service.istio.io/canonical-name") ?? Workload.Labels.GetValueOrDefault("app.kubernetes.io/name")
        ?? Workload.Labels.GetValueOrDefault("app") ?? Workload.Name;

    private JsonObject Metadata()
    {
        JsonObject labels = [];
        foreach ((string key, string value) in Workload.Labels)
            labels[key] = value;
        JsonObject metadata = new()
        {
            ["NAME"] = Workload.Name,
            ["NAMESPACE"] = Workload.Namespace,
            ["WORKLOAD_NAME"] = Workload.Name,
            ["SERVICE_ACCOUNT"] = Workload.ServiceAccount,
            ["LABELS"] = labels,
            ["INSTANCE_IPS"] = Address,
            ["MESH_ID"] = "cluster.local",
            ["CLUSTER_ID"] = "Kubernetes",
            ["INTERCEPTION_MODE"] = Loopback is null ? "REDIRECT" : "NONE",
            ["WEFT_CA_ADDRESS"] = $"{ControlAddress}:{AuthorityPort}",
            ["WEFT_TOKEN_FILE"] = TokenFile,
            ["WEFT_ROOT_FILE"] = RootFile,
        };
        if (Loopback is { } prefix)
        {
            metadata["WEFT_LOOPBACK"] = prefix.ToString();
        }
        else if (!Workload.IsGateway)
        {
            metadata["DNS_CAPTURE"] = "true";
            metadata["WEFT_DNS_OWN_DOMAINS"] = "svc.cluster.local";
        }

        if (Workload.IsGateway && GatewayPorts.Metadata() is { } ports)
            metadata["WEFT_GATEWAY_PORTS"] = ports;
        return metadata;
    }

    private JsonObject DiscoveryCluster() => new()
    {
        ["name"] = "xds-grpc",
        ["type"] = "STATIC",
        ["connect_timeout"] = "1s",
        ["typed_extension_protocol_options"] = new JsonObject
        {
            ["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"] = new JsonObject
            {
                ["@type"] = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                ["explicit_http_config"] = new JsonObject { ["http2_protocol_options"] = new JsonObject() },
            },
        },
        ["load_assignment"] = new JsonObject
        {
            ["cluster_name"] = "xds-grpc",
            ["endpoints"] = new JsonArray(new JsonObject
            {
                ["lb_endpoints"] = new JsonArray(new JsonObject { ["endpoint"] = new JsonObject { ["address"] = Socket(ControlAddress, DiscoveryPort) } }),
            }),
        },
    };

    private static JsonObject Socket(string address, int port) =>
        new() { ["socket_address"] = new JsonObject { ["address"] = address, ["port_value"] = port } };
}
