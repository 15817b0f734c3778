using System.Text;

namespace Weft.Policy.Tests.Regex;

/// <summary>Writes random patterns in the part of the syntax that RE2 and .NET read the same way.</summary>
internal sealed class RandomPattern(int seed, bool loopsMayBeEmpty)
{
    private readonly Random _random = new(seed);
    private readonly StringBuilder _text = new();

    public string Make()
    {
        Alternation(3);
        return _text.ToString();
    }

    public string Input()
    {
        char[] input = new char[_random.Next(0, 12)];
        for (int i = 0; i < input.Length; i++)
            input[i] = "aaabbbcAB_-0 "[_random.Next(13)];
        return new string(input);
    }

    /// <summary>Writes an expression and says whether it can match nothing.</summary>
    private bool Alternation(int depth)
    {
        int choices = _random.Next(4) == 0 ? 2 + _random.Next(2) : 1;
        bool empty = false;
        for (int i = 0; i < choices; i++)
        {
            if (i > 0)
                _text.Append('|');
            empty |= Concatenation(depth);
        }

        return empty;
    }

    private bool Concatenation(int depth)
    {
        bool empty = true;
        for (int i = _random.Next(1, 4); i > 0; i--)
            empty &= Repetition(depth);
        return empty;
    }

    private bool Repetition(int depth)
    {
        int kind = _random.Next(12);
        if (kind == 0)
        {
            _text.Append(_random.Next(4) switch { 0 => "\\b", 1 => "\\B", 2 => "^", _ => "\\z" });
            return true;
        }

        bool empty = Atom(depth);
        if (empty && !loopsMayBeEmpty)
            return true;
        string? repeat = _random.Next(9) switch { 0 => "*", 1 => "+", 2 => "?", 3 => "{2}", 4 => "{1,3}", 5 => "{2,}", 6 => "{0,2}", _ => null };
        if (repeat is null)
            return empty;
        _text.Append(repeat);
        if (_random.Next(4) == 0)
            _text.Append('?');
        return empty || repeat is "*" or "?" or "{0,2}";
    }

    private bool Atom(int depth)
    {
        if (depth > 0 && _random.Next(3) == 0)
        {
            _text.Append(_random.Next(4) switch { 0 => "(", 1 => "(?:", 2 => "(?i:", _ => "(?s:" });
            bool empty = Alternation(depth - 1);
            _text.Append(')');
            return empty;
        }

        _text.Append(_random.Next(10) switch
        {
            0 => ".",
            1 => "[ab]",
            2 => "[^a]",
            3 => "[a-cA]",
            4 => "[0-9]",
            5 => "[_\\-]",
            6 => "B",
            7 => "\\x62",
            _ => "ab"[_random.Next(2)].ToString(),
        });
        return false;
    }
}
