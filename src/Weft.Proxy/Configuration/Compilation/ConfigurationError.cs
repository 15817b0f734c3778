namespace Weft.Proxy.Configuration.Compilation;

/// <summary>What is wrong with a resource: it becomes the text of a NACK, or a line of the start-up report.</summary>
/// <param name="Path">The field, such as <c>filter_chains[0].filters[1]</c>; empty for the resource itself.</param>
/// <param name="Message">A sentence without the path.</param>
public sealed record ConfigurationError(string Path, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => Path.Length == 0 ? Message : $"{Path}: {Message}";
}
