namespace Weft.Control.Hosting;

/// <summary>One object in force.</summary>
public sealed record ResourceReply(string ApiVersion, string Kind, string Namespace, string Name, string? File, int Line, bool Enforced);
