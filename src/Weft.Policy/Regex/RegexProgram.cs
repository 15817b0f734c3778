using System.Collections;

namespace Weft.Policy.Regex;

/// <summary>A pattern compiled into instructions over bytes (Thompson's construction, emitted from the end to the start).</summary>
internal sealed class RegexProgram
{
    /// <summary>The most instructions; a pattern that needs more is refused, which bounds the time for each byte of input.</summary>
    public const int MaxInstructions = 10_000;

    private readonly List<RegexInstruction> _code = [];
    private readonly List<BitArray> _sets = [];
    private readonly bool _bytes;

    private RegexProgram(bool bytes) => _bytes = bytes;

    public RegexInstruction[] Code { get; private set; } = [];

    public int Start { get; private set; }

    public int Slots { get; private set; }

    /// <summary>Compiles a tree. In byte mode "anything but" also takes bytes that are not part of valid UTF-8, one at a time.</summary>
    public static RegexProgram Compile(RegexNode root, int groups, bool bytes)
    {
        RegexProgram program = new(bytes) { Slots = 2 * (groups + 1) };
        int match = program.Emit(RegexOp.Match, 0, 0);
        int close = program.Emit(RegexOp.Save, match, 1);
        int body = program.Compile(root, close);
        program.Start = program.Emit(RegexOp.Save, body, 0);
        program.Code = [.. program._code];
        return program;
    }

    /// <summary>True when <paramref name="instruction"/> takes <paramref name="value"/>.</summary>
    public bool Takes(in RegexInstruction instruction, byte value) => instruction.Op switch
    {
        RegexOp.Range => value >= instruction.Low && value <= instruction.High,
        RegexOp.Set => _sets[instruction.Argument][value],
        _ => false,
    };

    /// <summary>True when the assertion holds between two bytes; −1 stands for the beginning or the end of the text.</summary>
    public static bool Holds(RegexAssertion assertion, int before, int after) => assertion switch
    {
        RegexAssertion.BeginText => before < 0,
        RegexAssertion.EndText => after < 0,
        RegexAssertion.BeginLine => before is < 0 or '\n',
        RegexAssertion.EndLine => after is < 0 or '\n',
        RegexAssertion.WordBoundary => IsWord(before) != IsWord(after),
        _ => IsWord(before) == IsWord(after),
    };

    public static bool IsWord(int value) => value is >= '0' and <= '9' or >= 'A' and <= 'Z' or >= 'a' and <= 'z' or '_';

    private int Emit(RegexOp op, int next, int argument, byte low = 0, byte high = 0)
    {
        if (_code.Count >= MaxInstructions)
            throw new RegexSyntaxException($"The pattern needs more than {MaxInstructions} instructions; lower its repetitions", 0);
        _code.Add(new RegexInstruction { Op = op, Next = next, Argument = argument, Low = low, High = high });
        return _code.Count - 1;
    }

    private int Compile(RegexNode node, int next)
    {
        switch (node)
        {
            case RegexNode.Set set:
                return CompileSet(set.Chars, next);
            case RegexNode.AnyByte:
                return Emit(RegexOp.Range, next, 0, 0, 255);
            case RegexNode.Concat concat:
                for (int i = concat.Parts.Count - 1; i >= 0; i--)
                    next = Compile(concat.Parts[i], next);
                return next;
            case RegexNode.Alternate alternate:
                int choice = Compile(alternate.Choices[^1], next);
                for (int i = alternate.Choices.Count - 2; i >= 0; i--)
                    choice = Emit(RegexOp.Split, Compile(alternate.Choices[i], next), choice);
                return choice;
            case RegexNode.Repeat repeat:
                return CompileRepeat(repeat, next);
            case RegexNode.Group group:
                int close = Emit(RegexOp.Save, next, 2 * group.Index + 1);
                return Emit(RegexOp.Save, Compile(group.Body, close), 2 * group.Index);
            case RegexNode.Assert assert:
                return Emit(RegexOp.Assert, next, (int)assert.Kind);
            default:
                return next;
        }
    }

    private int CompileRepeat(RegexNode.Repeat repeat, int next)
    {
        int start = next;
        int copies = repeat.Min;
        if (repeat.Max < 0)
        {
            int loop = Emit(RegexOp.Split, 0, 0);
            int body = Compile(repeat.Body, loop);
            _code[loop] = Split(body, next, repeat.Greedy);
            // x{n,} is n − 1 copies and a loop that is entered through its body.
            start = copies > 0 ? body : loop;
            copies = Math.Max(0, copies - 1);
        }

        for (int i = repeat.Min; i < repeat.Max; i++)
        {
            int body = Compile(repeat.Body, start);
            start = Emit(RegexOp.Split, 0, 0);
            _code[start] = Split(body, next, repeat.Greedy);
        }

        for (int i = 0; i < copies; i++)
            start = Compile(repeat.Body, start);
        return start;
    }

    private static RegexInstruction Split(int body, int after, bool greedy) => greedy
        ? new RegexInstruction { Op = RegexOp.Split, Next = body, Argument = after }
        : new RegexInstruction { Op = RegexOp.Split, Next = after, Argument = body };

    private int CompileSet(CharSet chars, int next)
    {
        List<int> choices = [];
        AsciiPart(chars, next, choices);
        if (_bytes && chars.IsNegated)
        {
            choices.Add(Emit(RegexOp.Range, next, 0, 0x80, 0xFF));
        }
        else
        {
            Dictionary<(byte, byte, int), int> shared = [];
            foreach ((int low, int high) in chars.Ranges)
            {
                if (high >= 0x80)
                    Utf8Ranges.Split(Math.Max(low, 0x80), high, sequence => choices.Add(CompileSequence(sequence, next, shared)));
            }
        }

        // An empty set takes no byte at all.
        if (choices.Count == 0)
            return Emit(RegexOp.Range, next, 0, 1, 0);
        int start = choices[^1];
        for (int i = choices.Count - 2; i >= 0; i--)
            start = Emit(RegexOp.Split, choices[i], start);
        return start;
    }

    private void AsciiPart(CharSet chars, int next, List<int> choices)
    {
        (int Low, int High)[] ascii = [.. chars.Ranges.Where(range => range.Low < 0x80).Select(range => (range.Low, Math.Min(range.High, 0x7F)))];
        if (ascii.Length == 1)
            choices.Add(Emit(RegexOp.Range, next, 0, (byte)ascii[0].Low, (byte)ascii[0].High));
        if (ascii.Length < 2)
            return;
        BitArray set = new(256);
        foreach ((int low, int high) in ascii)
        {
            for (int value = low; value <= high; value++)
                set[value] = true;
        }

        _sets.Add(set);
        choices.Add(Emit(RegexOp.Set, next, _sets.Count - 1));
    }

    private int CompileSequence(ReadOnlySpan<(byte Low, byte High)> sequence, int next, Dictionary<(byte, byte, int), int> shared)
    {
        for (int i = sequence.Length - 1; i >= 0; i--)
        {
            (byte low, byte high) = sequence[i];
            if (!shared.TryGetValue((low, high, next), out int existing))
            {
                existing = Emit(RegexOp.Range, next, 0, low, high);
                shared[(low, high, next)] = existing;
            }

            next = existing;
        }

        return next;
    }
}
