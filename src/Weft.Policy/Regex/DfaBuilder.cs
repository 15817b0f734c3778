namespace Weft.Policy.Regex;

/// <summary>
/// Builds the whole <see cref="DfaTable"/> of a program by the subset construction, or gives up at a bound: then matching runs the program
/// itself. A state is the set of instructions that wait for a byte, with what stood before them when assertions need to know.
/// </summary>
internal sealed class DfaBuilder
{
    private const int MaxStates = 10_000;
    private const int MaxTableEntries = 512 * 1024;
    private const long MaxWork = 4_000_000;

    private readonly RegexProgram _program;
    private readonly byte[] _classOf = new byte[256];
    private readonly List<byte> _representatives = [];
    private readonly Dictionary<string, int> _numbers = [];
    private readonly List<(int[] Waiting, int Before)> _states = [([], -1)];
    private readonly int[] _mark;
    private readonly bool _hasAssertions;
    private readonly Stack<int> _stack = [];
    private int _generation;
    private long _work;

    private DfaBuilder(RegexProgram program)
    {
        _program = program;
        _mark = new int[program.Code.Length];
        _hasAssertions = program.Code.Any(instruction => instruction.Op == RegexOp.Assert);
        MakeClasses();
    }

    /// <summary>The automaton, or null when it would be too large.</summary>
    public static DfaTable? Build(RegexProgram program) => new DfaBuilder(program).Build();

    private DfaTable? Build()
    {
        int classes = _representatives.Count;
        List<ushort> next = [.. new ushort[classes]];
        List<bool> accepts = [false];
        Number(Close([_program.Start], null, -1), -1);
        for (int state = 1; state < _states.Count; state++)
        {
            if (_states.Count > MaxStates || _states.Count * classes > MaxTableEntries || _work > MaxWork)
                return null;
            (int[] waiting, int before) = _states[state];
            for (int i = 0; i < classes; i++)
                next.Add((ushort)Step(waiting, before, _representatives[i]));
            accepts.Add(AcceptsAtEnd(waiting, before));
        }

        return new DfaTable(_classOf, classes, [.. next], [.. accepts]);
    }

    private int Step(int[] waiting, int before, byte value)
    {
        List<int> targets = [];
        foreach (int at in Resolve(waiting, before, value))
        {
            ref readonly RegexInstruction instruction = ref _program.Code[at];
            if (_program.Takes(instruction, value))
                targets.Add(instruction.Next);
        }

        return targets.Count == 0 ? 0 : Number(Close(targets, null, -1), value);
    }

    private bool AcceptsAtEnd(int[] waiting, int before) => Resolve(waiting, before, -1).Any(at => _program.Code[at].Op == RegexOp.Match);

    /// <summary>Follows the assertions that hold between two bytes.</summary>
    private int[] Resolve(int[] waiting, int before, int after) =>
        _hasAssertions && waiting.Any(at => _program.Code[at].Op == RegexOp.Assert) ? Close(waiting, before, after) : waiting;

    /// <summary>
    /// The instructions reachable without a byte, sorted. Without <paramref name="before"/> assertions are kept as they are, else those that
    /// hold are followed and the others dropped.
    /// </summary>
    private int[] Close(IReadOnlyList<int> from, int? before, int after)
    {
        _generation++;
        List<int> waiting = [];
        foreach (int start in from)
            _stack.Push(start);
        while (_stack.TryPop(out int at))
        {
            if (_mark[at] == _generation)
                continue;
            _mark[at] = _generation;
            _work++;
            ref readonly RegexInstruction instruction = ref _program.Code[at];
            switch (instruction.Op)
            {
                case RegexOp.Split:
                    _stack.Push(instruction.Next);
                    _stack.Push(instruction.Argument);
                    break;
                case RegexOp.Save:
                    _stack.Push(instruction.Next);
                    break;
                case RegexOp.Assert when before is { } known:
                    if (RegexProgram.Holds((RegexAssertion)instruction.Argument, known, after))
                        _stack.Push(instruction.Next);
                    break;
                default:
                    waiting.Add(at);
                    break;
            }
        }

        waiting.Sort();
        return [.. waiting];
    }

    private int Number(int[] waiting, int before)
    {
        // What stood before matters only while an assertion waits, and only as far as assertions look.
        bool matters = _hasAssertions && waiting.Any(at => _program.Code[at].Op == RegexOp.Assert);
        int context = !matters ? -2 : before < 0 ? -1 : before == '\n' ? '\n' : RegexProgram.IsWord(before) ? 'a' : ' ';
        string key = string.Create(waiting.Length * 2 + 1, (waiting, context), static (span, state) =>
        {
            span[0] = (char)(state.context + 2);
            for (int i = 0; i < state.waiting.Length; i++)
            {
                span[2 * i + 1] = (char)(state.waiting[i] & 0xFFFF);
                span[2 * i + 2] = (char)(state.waiting[i] >> 16);
            }
        });
        _work += waiting.Length;
        if (_numbers.TryGetValue(key, out int number))
            return number;
        number = _states.Count;
        _numbers.Add(key, number);
        _states.Add((waiting, context));
        return number;
    }

    /// <summary>Groups the bytes that no instruction tells apart.</summary>
    private void MakeClasses()
    {
        Dictionary<string, byte> seen = [];
        RegexInstruction[] takers = [.. _program.Code.Where(instruction => instruction.Op is RegexOp.Range or RegexOp.Set).DistinctBy(i => (i.Op, i.Low, i.High, i.Argument))];
        for (int value = 0; value < 256; value++)
        {
            char[] signature = new char[takers.Length + 1];
            for (int i = 0; i < takers.Length; i++)
                signature[i] = _program.Takes(takers[i], (byte)value) ? '1' : '0';
            signature[^1] = !_hasAssertions ? ' ' : value == '\n' ? 'n' : RegexProgram.IsWord(value) ? 'w' : 'o';
            string key = new(signature);
            if (!seen.TryGetValue(key, out byte number))
            {
                number = (byte)_representatives.Count;
                seen.Add(key, number);
                _representatives.Add((byte)value);
            }

            _classOf[value] = number;
        }
    }
}
