using Google.Protobuf;

namespace Weft.Proxy.Configuration;

/// <summary>One resource as a report shows it: what is in force, and what was refused last. Immutable.</summary>
/// <param name="TypeUrl">Its type.</param>
/// <param name="Name">Its name.</param>
/// <param name="IsStatic">Whether it comes from the bootstrap.</param>
/// <param name="Version">The accepted version; empty for static ones, and when none was ever accepted.</param>
/// <param name="Body">The accepted message's bytes; empty when none was ever accepted. Kept as bytes: message trees are not.</param>
/// <param name="UpdatedAt">When it was accepted.</param>
/// <param name="IsWarming">Whether it waits for something it refers to, while what was there before serves.</param>
/// <param name="Error">Why the last version was refused; null when it was accepted.</param>
/// <param name="ErrorVersion">The version that was refused; empty without an error.</param>
public sealed record ResourceState(
    string TypeUrl,
    string Name,
    bool IsStatic,
    string Version,
    ByteString Body,
    DateTimeOffset UpdatedAt,
    bool IsWarming,
    string? Error,
    string ErrorVersion);
