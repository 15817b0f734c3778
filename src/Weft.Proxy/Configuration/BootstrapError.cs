namespace Weft.Proxy.Configuration;

/// <summary>What is wrong with a bootstrap file.</summary>
/// <param name="File">The file as it was given.</param>
/// <param name="Place">Where; line 0 when the file as a whole is meant.</param>
/// <param name="Message">A sentence that names the field.</param>
public sealed record BootstrapError(string File, SourcePlace Place, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => Place.Line == 0 ? $"{File}: {Message}" : $"{File}:{Place.Line}:{Place.Column}: {Message}";
}
