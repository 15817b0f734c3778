using Weft.Resources.Diagnostics;

namespace Weft.Resources.Analysis;

/// <summary>Two documents with one kind, namespace and name: only one of them can be in force.</summary>
internal static class DuplicateObjects
{
    public static void Find(IReadOnlyList<ResourceObject> resources, AnalysisReport report)
    {
        Dictionary<ResourceKey, ResourceObject> first = [];
        foreach (ResourceObject resource in resources)
        {
            if (resource.Name.Length == 0 || first.TryAdd(resource.Key, resource))
                continue;
            ResourceObject earlier = first[resource.Key];
            string place = earlier.File is null ? $"line {earlier.Line}" : $"{earlier.File}:{earlier.Line}";
            report.Add(
                MetadataDiagnostics.DuplicateObject, resource, "metadata.name",
                $"is \"{resource.Name}\", but the {resource.Kind} of this name is already at {place}.", "Remove one of them, or give it another name or namespace.");
        }
    }
}
