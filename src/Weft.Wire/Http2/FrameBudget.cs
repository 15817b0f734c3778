namespace Weft.Wire.Http2;

/// <summary>So many at once, and so many each second for ever.</summary>
/// <param name="Burst">The most at once.</param>
/// <param name="PerSecond">How many come back each second.</param>
public readonly record struct FrameBudget(int Burst, int PerSecond);
