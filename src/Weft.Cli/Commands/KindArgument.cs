using Weft.Resources;

namespace Weft.Cli.Commands;

/// <summary>Turns what a person types for a kind (<c>vs</c>, <c>virtualservices</c>, <c>VirtualService</c>) into the kind.</summary>
internal static class KindArgument
{
    /// <summary>The kind, or the sentence that lists what there is.</summary>
    public static KindDefinition Find(string text) => KindCatalog.FindByName(text)
        ?? throw new CliException($"There is no kind '{text}'. Kinds are: {string.Join(", ", KindCatalog.All.Select(kind => kind.ShortNames.Length > 0 ? $"{kind.Plural} ({kind.ShortNames[0]})" : kind.Plural))}.");

    /// <summary>How kubectl names an object: <c>virtualservice.networking.istio.io/reviews</c>.</summary>
    public static string Display(ResourceKey key) => $"{key.Kind.ToLowerInvariant()}{(key.Group.Length > 0 ? "." + key.Group : "")}/{key.Name}";
}
