namespace Weft.Fuzz;

/// <summary>Something that a decoder must never do, and did.</summary>
public sealed class FuzzFindingException(string message) : Exception(message);
