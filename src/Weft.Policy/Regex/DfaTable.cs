namespace Weft.Policy.Regex;

/// <summary>
/// A finished automaton for matching whole inputs: one table lookup for each byte. Immutable, so all threads share it without locks. State 0
/// is dead: nothing can match from there.
/// </summary>
internal sealed class DfaTable(byte[] classOf, int classes, ushort[] next, bool[] accepts)
{
    private readonly byte[] _classOf = classOf;
    private readonly int _classes = classes;
    private readonly ushort[] _next = next;
    private readonly bool[] _accepts = accepts;

    /// <summary>How many states there are, the dead one included.</summary>
    public int States => _accepts.Length;

    /// <summary>True when the whole input matches.</summary>
    public bool Matches(ReadOnlySpan<byte> input)
    {
        ushort[] next = _next;
        byte[] classOf = _classOf;
        int state = 1;
        foreach (byte value in input)
        {
            state = next[state * _classes + classOf[value]];
            if (state == 0)
                return false;
        }

        return _accepts[state];
    }
}
