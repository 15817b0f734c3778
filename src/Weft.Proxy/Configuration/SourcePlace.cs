namespace Weft.Proxy.Configuration;

/// <summary>Line and column in a file, both from 1; 0 when the place is unknown.</summary>
/// <param name="Line">The line.</param>
/// <param name="Column">The column.</param>
public readonly record struct SourcePlace(int Line, int Column);
