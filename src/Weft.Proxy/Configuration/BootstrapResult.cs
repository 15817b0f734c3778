namespace Weft.Proxy.Configuration;

/// <summary>The outcome of loading a bootstrap: the bootstrap, or everything that is wrong with it.</summary>
/// <param name="Bootstrap">Null when there are errors.</param>
/// <param name="Errors">All of them, in the order of the file.</param>
public sealed record BootstrapResult(ProxyBootstrap? Bootstrap, IReadOnlyList<BootstrapError> Errors)
{
    /// <summary>The message's bytes when it was read from text; empty otherwise.</summary>
    public ReadOnlyMemory<byte> Encoded { get; init; }
}
