namespace Weft.Policy.Routes;

/// <summary>A fixed answer.</summary>
/// <param name="Status">The status, 200 to 599.</param>
/// <param name="Body">The body; may be empty.</param>
public sealed record DirectResponseRule(int Status, byte[] Body);
