namespace Weft.Xds.Protocol;

/// <summary>A client's state for one resource type, for <c>/config_dump</c> and logs.</summary>
/// <param name="TypeUrl">The resource type.</param>
/// <param name="NameCount">How many names are subscribed; 0 with a wildcard.</param>
/// <param name="HeldCount">How many resources are accepted and in force.</param>
/// <param name="Version">The version of the last response that was accepted whole; empty before the first.</param>
/// <param name="Error">The text of the last NACK, until a response is accepted whole.</param>
public sealed record AdsClientTypeStatus(string TypeUrl, int NameCount, int HeldCount, string Version, string? Error);
