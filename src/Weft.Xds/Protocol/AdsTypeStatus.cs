namespace Weft.Xds.Protocol;

/// <summary>What is known about a node's state for one resource type, for people and for <c>weft status</c>.</summary>
/// <param name="TypeUrl">The resource type.</param>
/// <param name="State">Whether the node is in sync.</param>
/// <param name="IsWildcard">Whether it asks for everything.</param>
/// <param name="NameCount">How many names it asks for explicitly.</param>
/// <param name="ResourceCount">How many resources it holds, as far as the server knows.</param>
/// <param name="SentVersion">The view that the last response was made from; null before the first.</param>
/// <param name="AcknowledgedVersion">The view of the last accepted response; null before the first.</param>
/// <param name="Error">The text of the last NACK, until an ACK clears it.</param>
/// <param name="Responses">Responses sent.</param>
/// <param name="Refusals">NACKs received.</param>
/// <param name="StaleNonces">Requests that answered a response that was no longer the last.</param>
public sealed record AdsTypeStatus(
    string TypeUrl,
    AdsSyncState State,
    bool IsWildcard,
    int NameCount,
    int ResourceCount,
    string? SentVersion,
    string? AcknowledgedVersion,
    string? Error,
    long Responses,
    long Refusals,
    long StaleNonces);
