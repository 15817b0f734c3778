namespace Weft.Policy.Regex;

/// <summary>
/// The working memory of <see cref="PikeMatcher"/>, one for each thread. It grows to the largest program that the thread has run and then
/// stays, so steady matching allocates nothing.
/// </summary>
internal sealed class PikeScratch
{
    [ThreadStatic]
    private static PikeScratch? s_current;

    public ThreadList Current { get; private set; } = new();

    public ThreadList Following { get; private set; } = new();

    public int[] Captures { get; private set; } = [];

    public (int At, int Slot, int Old)[] Stack { get; private set; } = [];

    /// <summary>This thread's scratch with room for a program.</summary>
    public static PikeScratch For(RegexProgram program)
    {
        PikeScratch scratch = s_current ??= new PikeScratch();
        int instructions = program.Code.Length;
        if (scratch.Captures.Length < program.Slots)
            scratch.Captures = new int[program.Slots];
        if (scratch.Stack.Length < 2 * instructions + 2)
            scratch.Stack = new (int, int, int)[2 * instructions + 2];
        scratch.Current.Fit(instructions, program.Slots);
        scratch.Following.Fit(instructions, program.Slots);
        return scratch;
    }

    public void Swap() => (Current, Following) = (Following, Current);

    /// <summary>Threads in order of preference, at most one for each instruction (a sparse set), with their captures.</summary>
    internal sealed class ThreadList
    {
        private int[] _sparse = [];
        private int[] _dense = [];
        private int[] _captures = [];
        private int _slots;

        public int Count { get; private set; }

        public int this[int index] => _dense[index];

        public void Fit(int instructions, int slots)
        {
            if (_dense.Length < instructions)
            {
                _sparse = new int[instructions];
                _dense = new int[instructions];
            }

            if (_captures.Length < instructions * slots)
                _captures = new int[instructions * slots];
            _slots = slots;
            Count = 0;
        }

        public void Clear() => Count = 0;

        /// <summary>Adds an instruction unless it is there.</summary>
        public bool Add(int at)
        {
            int index = _sparse[at];
            if (index < Count && _dense[index] == at)
                return false;
            _sparse[at] = Count;
            _dense[Count++] = at;
            return true;
        }

        public Span<int> CapturesOf(int at) => _captures.AsSpan(at * _slots, _slots);
    }
}
