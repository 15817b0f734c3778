namespace Weft.Proxy.Telemetry;

/// <summary>
/// Who a workload is, in the words of Istio's metric labels. Empty means not known and is reported as <c>unknown</c>.
/// </summary>
/// <param name="Workload">Name of the Deployment, or of the <c>Workload</c> on a machine.</param>
/// <param name="Namespace">The namespace it runs in.</param>
/// <param name="Principal">Its SPIFFE id as mutual TLS proved it; empty on plaintext.</param>
/// <param name="App">Label <c>app</c>.</param>
/// <param name="Version">Label <c>version</c>.</param>
/// <param name="Cluster">The Kubernetes cluster or site.</param>
/// <param name="CanonicalService">Label <c>service.istio.io/canonical-name</c>.</param>
/// <param name="CanonicalRevision">Label <c>service.istio.io/canonical-revision</c>.</param>
public sealed record WorkloadLabels(
    string Workload = "",
    string Namespace = "",
    string Principal = "",
    string App = "",
    string Version = "",
    string Cluster = "",
    string CanonicalService = "",
    string CanonicalRevision = "")
{
    /// <summary>Nothing is known.</summary>
    public static WorkloadLabels Unknown { get; } = new();

    /// <summary>Stands for all that came after the bound of the label table was reached.</summary>
    public static WorkloadLabels Overflow { get; } =
        new("overflow", "overflow", "overflow", "overflow", "overflow", "overflow", "overflow", "overflow");

    /// <summary>
    /// Reads the <c>workload</c> string of Istio's endpoint metadata, <c>name;namespace;canonical name;canonical revision;cluster</c>.
    /// The string has no app and version; the canonical name and revision, which Istio derives from them, stand in.
    /// </summary>
    public static WorkloadLabels FromEndpointMetadata(string workload, string principal)
    {
        string[] parts = workload.Split(';');
        string Part(int index) => index < parts.Length ? parts[index] : "";
        return new WorkloadLabels(Part(0), Part(1), principal, Part(2), Part(3), Part(4), Part(2), Part(3));
    }

    /// <summary>
    /// What a peer's SPIFFE id tells when nothing else does: its namespace, and the service account as the canonical service,
    /// which is how most meshes name accounts.
    /// </summary>
    public static WorkloadLabels FromPrincipal(string principal)
    {
        string[] parts = principal.Split('/');
        // spiffe://<trust domain>/ns/<namespace>/sa/<service account>
        return parts is ["spiffe:", "", _, "ns", var space, "sa", var account]
            ? new WorkloadLabels(Namespace: space, Principal: principal, CanonicalService: account)
            : new WorkloadLabels(Principal: principal);
    }
}
