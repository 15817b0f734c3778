namespace Weft.Resources;

/// <summary>Kinds that a directory of YAML may well hold and that mean something elsewhere: passed over with a warning, not refused.</summary>
internal static class ForeignKinds
{
    private static readonly string[] MeshGroups = ["gateway.networking.k8s.io", "gateway.networking.x-k8s.io", "inference.networking.k8s.io", "multicluster.x-k8s.io"];

    private static readonly string[] OtherGroups =
    [
        "apps", "batch", "autoscaling", "policy", "apiextensions.k8s.io", "rbac.authorization.k8s.io", "admissionregistration.k8s.io",
        "networking.k8s.io", "storage.k8s.io", "scheduling.k8s.io", "coordination.k8s.io", "certificates.k8s.io", "cert-manager.io",
        "monitoring.coreos.com", "install.istio.io", "kustomize.config.k8s.io", "node.k8s.io", "apiregistration.k8s.io",
    ];

    private static readonly string[] CoreKinds =
    [
        "Pod", "Node", "PersistentVolume", "PersistentVolumeClaim", "ReplicationController", "LimitRange", "ResourceQuota", "Event", "PodTemplate",
    ];

    /// <summary>The Gateway API and SMI: mesh configuration that this release does not read yet.</summary>
    public static bool IsMeshKind(string group) => MeshGroups.Contains(group) || group.EndsWith(".smi-spec.io", StringComparison.Ordinal);

    public static bool IsKnown(string group, string kind) =>
        IsMeshKind(group) || OtherGroups.Contains(group) || (group.Length == 0 && CoreKinds.Contains(kind));
}
