namespace Weft.Control.Hosting;

/// <summary>One resource type of one proxy.</summary>
/// <param name="Type">Its short name: <c>LDS</c>, <c>CDS</c>, ….</param>
/// <param name="State">NotSent, Sent, Acknowledged or Refused.</param>
/// <param name="Resources">How many it holds.</param>
/// <param name="SentVersion">The snapshot of the last response.</param>
/// <param name="AcknowledgedVersion">The snapshot of the last accepted response.</param>
/// <param name="Error">The text of the last refusal.</param>
public sealed record ProxyTypeReply(string Type, string State, int Resources, string? SentVersion, string? AcknowledgedVersion, string? Error);
