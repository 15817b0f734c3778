namespace Weft.Fuzz;

/// <summary>
/// One decoder under test. It is run on bytes that nobody vouches for, once whole and once in pieces, and must come to the same end both times
/// without an exception. A target has buffers of its own, so it belongs to one thread.
/// </summary>
public abstract class FuzzTarget
{
    /// <summary>The name on the command line and of the folder in the corpus.</summary>
    public abstract string Name { get; }

    /// <summary>Decodes the input, which arrives in pieces that end at the given places; the last piece ends with the input.</summary>
    /// <param name="memory">Gives decoders their input so that a read behind its end is seen.</param>
    /// <param name="input">The bytes.</param>
    /// <param name="cuts">Places in rising order, all inside the input.</param>
    /// <param name="outcome">Takes note of everything that came out.</param>
    /// <exception cref="FuzzFindingException">An invariant of the decoder does not hold.</exception>
    protected abstract void Decode(GuardedMemory memory, ReadOnlySpan<byte> input, ReadOnlySpan<int> cuts, ref Outcome outcome);

    /// <summary>Runs the decoder on the whole input and again on pieces, and says what came out.</summary>
    /// <exception cref="FuzzFindingException">The two differ, or an invariant does not hold.</exception>
    public Outcome Run(GuardedMemory memory, ReadOnlySpan<byte> input, ReadOnlySpan<int> cuts)
    {
        Outcome whole = default;
        Decode(memory, input, default, ref whole);
        Outcome pieces = default;
        Decode(memory, input, cuts, ref pieces);
        if (whole.Hash != pieces.Hash)
            throw new FuzzFindingException($"{Name}: in one piece it is {whole}, cut at {string.Join(", ", cuts.ToArray())} it is {pieces}");
        return whole;
    }

    /// <summary>Throws when something that must hold does not.</summary>
    protected static void Require(bool holds, string rule)
    {
        if (!holds) throw new FuzzFindingException(rule);
    }
}
