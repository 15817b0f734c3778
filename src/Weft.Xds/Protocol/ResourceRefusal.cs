namespace Weft.Xds.Protocol;

/// <summary>A resource that a client does not apply; the last good one of its name stays in force.</summary>
/// <param name="Name">The resource.</param>
/// <param name="Error">A sentence that names the field and what is wrong; it becomes the NACK's text.</param>
public sealed record ResourceRefusal(string Name, string Error);
