namespace Weft.Fuzz;

/// <summary>
/// What came out of a decoder: a hash of all of it, to compare two runs, and a much coarser shape, by which inputs that did something new are told
/// from those that did not. Start with the default value.
/// </summary>
public struct Outcome
{
    private const ulong Prime = 0x100000001b3;

    /// <summary>Depends on every byte and number that was noted, in order, but not on the pieces in which bytes were noted.</summary>
    public ulong Hash { get; private set; }

    /// <summary>Depends on what was noted as a kind: statuses, errors, small counts.</summary>
    public ulong Shape { get; private set; }

    /// <summary>Notes bytes.</summary>
    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        ulong hash = Hash;
        foreach (byte value in bytes) hash = (hash ^ value ^ 0x55) * Prime;
        Hash = hash;
    }

    /// <summary>Notes a number.</summary>
    public void Number(long value) => Hash = (Hash ^ (ulong)value ^ 0x9e3779b97f4a7c15) * Prime + 1;

    /// <summary>Notes a number that tells one kind of input from another.</summary>
    public void Kind(long value)
    {
        Number(value);
        Hint(value);
    }

    /// <summary>Notes a kind that may differ between two runs that are alike: which of several rules that an input breaks is seen first.</summary>
    public void Hint(long value) => Shape = (Shape ^ (ulong)value ^ 0x9e3779b97f4a7c15) * Prime + 1;

    /// <summary>Notes a text with its length, so that neighbours do not run together.</summary>
    public void Text(ReadOnlySpan<byte> text)
    {
        Number(text.Length);
        Bytes(text);
    }

    public override readonly string ToString() => $"{Shape:x16}/{Hash:x16}";
}
