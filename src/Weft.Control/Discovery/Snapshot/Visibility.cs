using System.Collections.Immutable;

namespace Weft.Control.Discovery.Snapshot;

/// <summary>Who may see a resource. Source: Istio's <c>exportTo</c> on every networking kind.</summary>
internal static class Visibility
{
    /// <summary>
    /// Whether clients of <paramref name="clientNamespace"/> see a resource of <paramref name="ownNamespace"/>. An empty list means
    /// the mesh's default, <paramref name="meshDefault"/>; an empty default means everybody.
    /// </summary>
    public static bool IsVisible(
        IReadOnlyList<string> exportTo, string ownNamespace, string clientNamespace, IReadOnlyList<string> meshDefault)
    {
        IReadOnlyList<string> rule = exportTo.Count > 0 ? exportTo : meshDefault;
        if (rule.Count == 0)
            return true;
        foreach (string target in rule)
        {
            bool visible = target switch
            {
                "*" => true,
                "." => ownNamespace == clientNamespace,
                "~" => false,
                _ => target == clientNamespace,
            };
            if (visible)
                return true;
        }

        return false;
    }

    /// <summary>Whether it is for its own namespace only.</summary>
    public static bool IsPrivate(IReadOnlyList<string> exportTo, string ownNamespace, IReadOnlyList<string> meshDefault)
    {
        IReadOnlyList<string> rule = exportTo.Count > 0 ? exportTo : meshDefault;
        return rule.Count > 0 && rule.All(target => target == "." || target == ownNamespace);
    }

    /// <summary>The namespaces as a list, without an allocation for an empty one.</summary>
    public static ImmutableArray<string> ToArray(IEnumerable<string> exportTo) => [.. exportTo];
}
