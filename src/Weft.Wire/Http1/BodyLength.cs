namespace Weft.Wire.Http1;

/// <summary>Counts down a body of announced length.</summary>
public struct BodyLength(long length)
{
    /// <summary>Bytes still to come.</summary>
    public long Remaining { get; private set; } = length;

    /// <summary>True when the body is complete.</summary>
    public readonly bool IsComplete => Remaining == 0;

    /// <summary>Takes as many of <paramref name="available"/> bytes as belong to the body and says how many; the rest is the next message's.</summary>
    public int Take(int available)
    {
        int taken = (int)Math.Min(available, Remaining);
        Remaining -= taken;
        return taken;
    }
}
