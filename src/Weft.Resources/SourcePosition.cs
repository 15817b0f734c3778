namespace Weft.Resources;

/// <summary>A place in a file; line and column count from 1, columns count characters.</summary>
public readonly record struct SourcePosition(int Line, int Column);
