namespace Weft.Proxy.Tls;

/// <summary>The outcome of judging a peer's certificate; the default value is approval.</summary>
/// <param name="Failure">The reason of a refusal.</param>
/// <param name="Text">The sentence of a refusal.</param>
internal readonly record struct PeerVerdict(TlsFailure Failure, string? Text);
