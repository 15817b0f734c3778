namespace Weft.Control.Hosting;

/// <summary>The answer to a registration.</summary>
/// <param name="Token">Proves to the authority who the workload's proxy is.</param>
/// <param name="Identity">The identity that the token is for.</param>
public sealed record RegistrationReply(string Token, string Identity);
