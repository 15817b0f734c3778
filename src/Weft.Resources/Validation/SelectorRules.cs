using Google.Protobuf.Collections;
using Istio.Type.V1Beta1;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation;

/// <summary>Rules for workload selectors, target references and exportTo.</summary>
internal static class SelectorRules
{
    private const int MaxTargets = 16;

    public static void Workloads(Scope at, WorkloadSelector? selector)
    {
        if (selector is not null)
            Labels(at, at["matchLabels"], selector.MatchLabels);
    }

    public static void Workloads(Scope at, Istio.Networking.V1Alpha3.WorkloadSelector? selector)
    {
        if (selector is not null)
            Labels(at, at["labels"], selector.Labels);
    }

    /// <summary><c>selector</c>, <c>targetRef</c> and <c>targetRefs</c> of a policy, which exclude each other.</summary>
    public static void Targets(Scope at, string selectorField, bool hasSelector, PolicyTargetReference? targetRef, IReadOnlyList<PolicyTargetReference> targetRefs)
    {
        ValueRules.AtMostOne(at.Here(), (selectorField, hasSelector), ("targetRef", targetRef is not null), ("targetRefs", targetRefs.Count > 0));
        ValueRules.Limit(at["targetRefs"], targetRefs.Count, MaxTargets, "targets");
        if (targetRef is not null)
            Target(at["targetRef"], targetRef);
        for (int i = 0; i < targetRefs.Count; i++)
            Target(at["targetRefs"][i], targetRefs[i]);
    }

    public static void ExportTo(Scope at, IReadOnlyList<string> exportTo, bool nobodyIsAllowed)
    {
        HashSet<string> seen = [];
        for (int i = 0; i < exportTo.Count; i++)
        {
            string place = exportTo[i];
            if (place is not ("*" or "." or "~") && !Names.IsDnsLabel(place))
                at[i].Report(ValueDiagnostics.ExportTo, $"cannot be \"{place}\".", "Write * (everywhere), . (this namespace) or the name of a namespace.");
            else if (place == "~" && !nobodyIsAllowed)
                at[i].Report(ValueDiagnostics.ExportTo, "cannot be \"~\" (nobody) on this kind.", "Write . for this namespace only.");
            if (!seen.Add(place == "." ? at.Resource.Namespace : place))
                at[i].Report(ValueDiagnostics.ExportTo, $"names \"{place}\" a second time.", "Remove one of them.");
        }
        if (exportTo.Count > 1 && exportTo.FirstOrDefault(p => p is "*" or "~") is { } alone)
            at.Report(ValueDiagnostics.ExportTo, $"names \"{alone}\" together with other places.", $"\"{alone}\" stands alone.");
    }

    private static void Labels(Scope at, Scope labels, MapField<string, string> selected)
    {
        if (selected.Count == 0)
            at.Report(ValueDiagnostics.SelectsAll, "has no labels and selects every workload of the namespace.", "Leave it out if that is meant.");
        foreach ((string key, string value) in selected)
        {
            if (key.Length == 0)
                labels.Report(ValueDiagnostics.Selector, "has an empty key.", "Write a label and its value, such as app: reviews.");
            else if (key.Contains('*', StringComparison.Ordinal) || value.Contains('*', StringComparison.Ordinal))
                labels[key].Report(ValueDiagnostics.Selector, "has a wildcard, which a selector does not know.", "Labels are compared exactly.");
            else
                LabelRules.Check(labels[key], key, value, ValueDiagnostics.Selector);
        }
    }

    private static void Target(Scope at, PolicyTargetReference target)
    {
        if (target.Name.Length == 0)
            at.Report(ValueDiagnostics.TargetRef, "has no name.", "Write name: my-service.");
        if (target.Namespace.Length > 0)
            at["namespace"].Report(ValueDiagnostics.TargetRef, "is not allowed: a policy targets its own namespace.", "Remove the field.");
        bool known = (target.Group, target.Kind) is ("" or "core", "Service") or ("networking.istio.io", "ServiceEntry")
            or ("gateway.networking.k8s.io", "Gateway") or ("gateway.networking.k8s.io", "GatewayClass");
        if (!known)
        {
            at.Report(
                ValueDiagnostics.TargetRef, $"names the kind \"{target.Kind}\" of the group \"{target.Group}\", which no policy can target.",
                "Targets are Service (group \"\"), ServiceEntry (networking.istio.io), Gateway and GatewayClass (gateway.networking.k8s.io).");
        }
    }
}
