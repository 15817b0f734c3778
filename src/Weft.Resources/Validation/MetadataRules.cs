using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation;

/// <summary>Rules for names, labels and annotations of every object (Kubernetes' and, for its own annotations, Istio's).</summary>
internal static class MetadataRules
{
    private const string AlwaysReject = "internal.istio.io/webhook-always-reject", DryRun = "istio.io/dry-run";
    private static readonly string[] ReservedAnnotations = ["internal.istio.io/parents", "internal.istio.io/parent-namespace"];

    public static void Check(Scope root, ResourceObject resource)
    {
        if (resource.Group == KindCatalog.Mesh)
            return;
        Scope metadata = root["metadata"];
        if (resource.Name.Length == 0)
        {
            metadata.Report(MetadataDiagnostics.MissingName, "has no name.", "Write under metadata: name: my-name.");
        }
        else if (!Names.IsDnsSubdomain(resource.Name))
        {
            metadata["name"].Report(
                MetadataDiagnostics.BadName, $"cannot be \"{resource.Name}\".", "Use lower-case letters, digits, - and ., beginning and ending with a letter or digit (at most 253).");
        }
        if (resource.Definition.IsNamespaced && !Names.IsKubernetesLabel(resource.Namespace))
        {
            metadata["namespace"].Report(
                MetadataDiagnostics.BadName, $"cannot be \"{resource.Namespace}\".", "Use lower-case letters, digits and -, beginning and ending with a letter or digit (at most 63).");
        }
        foreach ((string key, string value) in resource.Labels)
            LabelRules.Check(metadata["labels"][key], key, value, MetadataDiagnostics.BadLabel);
        foreach (string key in resource.Annotations.Keys)
            CheckAnnotation(metadata["annotations"][key], key, resource);
    }

    private static void CheckAnnotation(Scope at, string key, ResourceObject resource)
    {
        if (!Names.IsQualifiedName(key))
            at.Report(MetadataDiagnostics.BadAnnotation, "is no valid annotation key.", "A key is [prefix/]name: letters, digits, -, _ and ., a name of at most 63.");
        else if (key == AlwaysReject)
            at.Report(MetadataDiagnostics.BadAnnotation, "marks an object that must always be refused.", "Remove the annotation.");
        else if (ReservedAnnotations.Contains(key))
            at.Report(MetadataDiagnostics.BadAnnotation, "is written by the control plane only.", "Remove the annotation.");
        else if (key == DryRun)
            CheckDryRun(at, resource);
        else if (KnownAnnotations.IsMisspelt(key, out string? meant))
            at.Report(MetadataDiagnostics.UnknownAnnotation, "is no annotation of Istio's.", meant is null ? "Remove it." : $"Did you mean {meant}?");
    }

    private static void CheckDryRun(Scope at, ResourceObject resource)
    {
        if (resource.Spec is not Istio.Security.V1Beta1.AuthorizationPolicy policy)
        {
            at.Report(MetadataDiagnostics.BadAnnotation, $"does nothing on {resource.Kind}.", "Only an AuthorizationPolicy can be tried out this way.");
            return;
        }
        if (policy.Action is not (Istio.Security.V1Beta1.AuthorizationPolicy.Types.Action.Allow or Istio.Security.V1Beta1.AuthorizationPolicy.Types.Action.Deny))
            at.Report(MetadataDiagnostics.BadAnnotation, "is only possible with the actions ALLOW and DENY.", "Remove the annotation, or change the action.");
        if (resource.Annotations[DryRun].ToLowerInvariant() is not ("true" or "false" or "1" or "0" or "t" or "f"))
            at.Report(MetadataDiagnostics.BadAnnotation, "must be \"true\" or \"false\".", "Write: istio.io/dry-run: \"true\".");
    }
}
