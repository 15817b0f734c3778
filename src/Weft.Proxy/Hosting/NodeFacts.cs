using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;
using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Hosting;

/// <summary>
/// What the bootstrap's <c>node.metadata</c> says of the workload beside this proxy: Istio's keys for labels, and the keys that begin with <c>WEFT_</c> for how its
/// certificates are got. Immutable.
/// </summary>
public sealed class NodeFacts
{
    private readonly Struct _metadata;
    private readonly Node _node;

    /// <param name="node">The bootstrap's node.</param>
    public NodeFacts(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        _node = node;
        _metadata = node.Metadata ?? new Struct();
    }

    /// <summary>Where certificates are asked for, such as <c>127.0.0.1:15012</c>; null for a proxy without an identity.</summary>
    public string? AuthorityAddress => Text("WEFT_CA_ADDRESS");

    /// <summary>The file with the token that proves who this workload is.</summary>
    public string TokenFile => Text("WEFT_TOKEN_FILE") ?? "";

    /// <summary>The PEM file with the mesh's roots.</summary>
    public string RootFile => Text("WEFT_ROOT_FILE") ?? "";

    /// <summary>The namespace of the workload.</summary>
    public string Namespace => Text("NAMESPACE") ?? "default";

    /// <summary>The service account that the workload runs as.</summary>
    public string ServiceAccount => Text("SERVICE_ACCOUNT") ?? "default";

    /// <summary>The trust domain; Istio's default is <c>cluster.local</c>.</summary>
    public string TrustDomain => Text("TRUST_DOMAIN") ?? "cluster.local";

    /// <summary>The address of the workload, whose ports 15020 and 15021 serve statistics and readiness; null without one.</summary>
    public string? WorkloadAddress => Text("INSTANCE_IPS")?.Split(',')[0];

    /// <summary>Whether this proxy answers the workload's DNS questions; Istio's key.</summary>
    public bool AnswersDns => Text("DNS_CAPTURE") is "true" or "1";

    /// <summary>Domains of which the mesh knows every name, so that other names in them are not asked for elsewhere.</summary>
    public IReadOnlyList<string> OwnDomains => Text("WEFT_DNS_OWN_DOMAINS")?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <summary>The workload in the words of metrics.</summary>
    public WorkloadLabels Labels(string principal) => new(
        Text("WORKLOAD_NAME") ?? Text("NAME") ?? "",
        Text("NAMESPACE") ?? "",
        principal,
        Label("app"),
        Label("version"),
        Text("CLUSTER_ID") ?? "",
        FirstOf(Label("service.istio.io/canonical-name"), Label("app.kubernetes.io/name"), Label("app"), Text("WORKLOAD_NAME") ?? _node.Cluster),
        FirstOf(Label("service.istio.io/canonical-revision"), Label("app.kubernetes.io/version"), Label("version"), "latest"));

    private static string FirstOf(params ReadOnlySpan<string> candidates)
    {
        foreach (string candidate in candidates)
        {
            if (candidate.Length > 0) return candidate;
        }

        return "";
    }

    private string? Text(string key) =>
        _metadata.Fields.TryGetValue(key, out Value? value) && value.KindCase == Value.KindOneofCase.StringValue && value.StringValue.Length > 0 ? value.StringValue : null;

    private string Label(string key) =>
        _metadata.Fields.TryGetValue("LABELS", out Value? labels) && labels.KindCase == Value.KindOneofCase.StructValue
        && labels.StructValue.Fields.TryGetValue(key, out Value? value) && value.KindCase == Value.KindOneofCase.StringValue ? value.StringValue : "";
}
