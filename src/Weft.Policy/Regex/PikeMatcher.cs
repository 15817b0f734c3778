namespace Weft.Policy.Regex;

/// <summary>
/// Runs a program over an input by following all alternatives at once (Pike's algorithm): time is at most input × instructions, whatever
/// the pattern. Slower than the automaton; used for captures and where the automaton would be too large.
/// </summary>
internal static class PikeMatcher
{
    /// <summary>
    /// Finds the preferred match: the leftmost, and among those the one that a backtracking engine would find first.
    /// </summary>
    /// <param name="program">The program.</param>
    /// <param name="input">The text; assertions see all of it.</param>
    /// <param name="start">Where the search starts.</param>
    /// <param name="whole">Whether only a match from the start to the end of the text counts.</param>
    /// <param name="captures">Receives start and end of the match and of each group; −1 for a group that took no part.</param>
    public static bool Run(RegexProgram program, ReadOnlySpan<byte> input, int start, bool whole, Span<int> captures)
    {
        PikeScratch scratch = PikeScratch.For(program);
        Span<int> fresh = scratch.Captures.AsSpan(0, program.Slots);
        bool matched = false;
        for (int position = start; ; position++)
        {
            if (!matched && (!whole || position == start))
            {
                fresh.Fill(-1);
                Add(program, input, position, program.Start, scratch.Current, fresh, scratch);
            }

            if (scratch.Current.Count == 0)
                return matched;
            scratch.Following.Clear();
            for (int i = 0; i < scratch.Current.Count; i++)
            {
                int at = scratch.Current[i];
                ref readonly RegexInstruction instruction = ref program.Code[at];
                if (instruction.Op == RegexOp.Match)
                {
                    if (whole && position < input.Length)
                        continue;
                    scratch.Current.CapturesOf(at)[..Math.Min(captures.Length, program.Slots)].CopyTo(captures);
                    matched = true;
                    // The threads behind this one are less preferred.
                    break;
                }

                if (position < input.Length && program.Takes(instruction, input[position]))
                {
                    scratch.Current.CapturesOf(at).CopyTo(fresh);
                    Add(program, input, position + 1, instruction.Next, scratch.Following, fresh, scratch);
                }
            }

            scratch.Swap();
            if (position == input.Length)
                return matched;
        }
    }

    /// <summary>Adds a thread and all that it reaches without a byte, in order of preference. The explicit stack also undoes captures.</summary>
    private static void Add(
        RegexProgram program, ReadOnlySpan<byte> input, int position, int from, PikeScratch.ThreadList threads, Span<int> captures, PikeScratch scratch)
    {
        (int At, int Slot, int Old)[] stack = scratch.Stack;
        int depth = 0;
        stack[depth++] = (from, -1, 0);
        while (depth > 0)
        {
            (int at, int slot, int old) = stack[--depth];
            if (slot >= 0)
            {
                captures[slot] = old;
                continue;
            }

            if (!threads.Add(at))
                continue;
            ref readonly RegexInstruction instruction = ref program.Code[at];
            switch (instruction.Op)
            {
                case RegexOp.Split:
                    stack[depth++] = (instruction.Argument, -1, 0);
                    stack[depth++] = (instruction.Next, -1, 0);
                    break;
                case RegexOp.Save:
                    stack[depth++] = (0, instruction.Argument, captures[instruction.Argument]);
                    captures[instruction.Argument] = position;
                    stack[depth++] = (instruction.Next, -1, 0);
                    break;
                case RegexOp.Assert:
                    int before = position > 0 ? input[position - 1] : -1;
                    int after = position < input.Length ? input[position] : -1;
                    if (RegexProgram.Holds((RegexAssertion)instruction.Argument, before, after))
                        stack[depth++] = (instruction.Next, -1, 0);
                    break;
                default:
                    captures.CopyTo(threads.CapturesOf(at));
                    break;
            }
        }
    }
}
