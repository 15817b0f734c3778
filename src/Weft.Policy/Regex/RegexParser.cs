using System.Text;

namespace Weft.Policy.Regex;

/// <summary>
/// Parses the RE2 syntax (github.com/google/re2/wiki/Syntax) into a tree: recursive descent, one method for each level of precedence. What a
/// linear-time engine cannot do (back references, look-around) and Unicode classes are refused by name.
/// </summary>
internal sealed class RegexParser
{
    private const int MaxDepth = 100;
    private const int MaxRepeat = 1000;
    private readonly int[] _pattern;
    private readonly HashSet<string> _names = [];
    private int _at;
    private int _depth;
    private Flags _flags;

    private RegexParser(string pattern) => _pattern = [.. pattern.EnumerateRunes().Select(rune => rune.Value)];

    /// <summary>Capturing groups, without the whole match.</summary>
    public int GroupCount { get; private set; }

    public static (RegexNode Root, int Groups) Parse(string pattern)
    {
        RegexParser parser = new(pattern);
        RegexNode root = parser.Alternation();
        if (parser._at < parser._pattern.Length)
            throw parser.Error("A closing parenthesis has no opening one");
        if (MaxProduct(root) > MaxRepeat)
            throw new RegexSyntaxException($"Nested repetitions multiply to more than {MaxRepeat}", 0);
        return (root, parser.GroupCount);
    }

    private static long MaxProduct(RegexNode node) => node switch
    {
        RegexNode.Concat concat => concat.Parts.Max(MaxProduct),
        RegexNode.Alternate alternate => alternate.Choices.Max(MaxProduct),
        RegexNode.Group group => MaxProduct(group.Body),
        RegexNode.Repeat repeat => Math.Min(int.MaxValue, MaxProduct(repeat.Body) * Math.Max(1, Math.Max(repeat.Min, repeat.Max))),
        _ => 1,
    };

    private RegexNode Alternation()
    {
        if (++_depth > MaxDepth)
            throw Error($"Groups are nested deeper than {MaxDepth}");
        List<RegexNode> choices = [Concatenation()];
        while (Take('|'))
            choices.Add(Concatenation());
        _depth--;
        return choices.Count == 1 ? choices[0] : new RegexNode.Alternate(choices);
    }

    private RegexNode Concatenation()
    {
        List<RegexNode> parts = [];
        while (_at < _pattern.Length && Peek is not ('|' or ')'))
        {
            int start = _at;
            if (Peek is '*' or '+' or '?')
                throw Error($"Nothing stands in front of the repetition '{(char)Peek}'");
            if (StartsWith("\\Q"))
            {
                Quoted(parts);
                continue;
            }

            RegexNode? atom = Atom();
            if (atom is null)
                continue;
            parts.Add(Repetition(atom, start));
        }

        return parts.Count switch { 0 => new RegexNode.Empty(), 1 => parts[0], _ => new RegexNode.Concat(parts) };
    }

    private RegexNode Repetition(RegexNode atom, int start)
    {
        if (!TakeRepeat(out int min, out int max))
            return atom;
        bool greedy = !Take('?');
        if ((_flags & Flags.SwapGreed) != 0)
            greedy = !greedy;
        int here = _at;
        if (TakeRepeat(out _, out _))
        {
            _at = here;
            throw Error($"Two repetitions follow each other behind '{Text(start, here)}'; group the first one");
        }

        return new RegexNode.Repeat(atom, min, max, greedy);
    }

    private bool TakeRepeat(out int min, out int max)
    {
        (min, max) = (0, -1);
        if (Take('*'))
            return true;
        if (Take('+'))
        {
            min = 1;
            return true;
        }

        if (Take('?'))
        {
            max = 1;
            return true;
        }

        // A brace that does not read as {n}, {n,} or {n,m} stands for itself.
        int start = _at;
        if (!Take('{') || !TakeNumber(out min))
        {
            _at = start;
            return false;
        }

        max = min;
        if (Take(',') && !TakeNumber(out max))
            max = -1;
        if (!Take('}'))
        {
            _at = start;
            return false;
        }

        if (min > MaxRepeat || max > MaxRepeat || (max >= 0 && max < min))
            throw new RegexSyntaxException($"The repetition {Text(start, _at)} is not between 0 and {MaxRepeat} in rising order", start);
        return true;
    }

    /// <summary>One atom, or null for a group that only sets flags.</summary>
    private RegexNode? Atom()
    {
        int rune = Next();
        switch (rune)
        {
            case '(':
                return Group();
            case '[':
                return FoldIfAsked(Class());
            case '.':
                return new RegexNode.Set((_flags & Flags.DotMatchesNewline) != 0 ? CharSet.AnyExcept() : CharSet.AnyExcept(('\n', '\n')));
            case '^':
                return new RegexNode.Assert((_flags & Flags.MultiLine) != 0 ? RegexAssertion.BeginLine : RegexAssertion.BeginText);
            case '$':
                return new RegexNode.Assert((_flags & Flags.MultiLine) != 0 ? RegexAssertion.EndLine : RegexAssertion.EndText);
            case '\\':
                return Escape();
            default:
                return FoldIfAsked(CharSet.Of((rune, rune)));
        }
    }

    private RegexNode? Group()
    {
        int start = _at - 1;
        Flags saved = _flags;
        bool captures = true;
        if (Take('?'))
        {
            captures = false;
            if (StartsWith("P<") || (StartsWith("<") && !StartsWith("<=") && !StartsWith("<!")))
            {
                _at += StartsWith("P<") ? 2 : 1;
                GroupName(start);
                captures = true;
            }
            else if (_at < _pattern.Length && Peek is '=' or '!' or '<')
            {
                throw new RegexSyntaxException("Look-ahead and look-behind are not supported", start);
            }
            else if (!GroupFlags(start))
            {
                return null;
            }
        }

        int index = captures ? ++GroupCount : 0;
        RegexNode body = Alternation();
        if (!Take(')'))
            throw new RegexSyntaxException("A parenthesis is not closed", start);
        _flags = saved;
        return captures ? new RegexNode.Group(body, index) : body;
    }

    private void GroupName(int start)
    {
        int from = _at;
        while (_at < _pattern.Length && Peek != '>')
            _at++;
        string name = Text(from, _at);
        if (!Take('>') || name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
            throw new RegexSyntaxException("A group's name is made of letters, digits and underscores, between < and >", start);
        if (!_names.Add(name))
            throw new RegexSyntaxException($"Two groups have the name '{name}'", start);
    }

    /// <summary>Reads <c>i-s:</c> or <c>i-s)</c> behind <c>(?</c>; false when the flags hold for the rest of the enclosing group.</summary>
    private bool GroupFlags(int start)
    {
        bool on = true;
        while (_at < _pattern.Length)
        {
            int rune = Next();
            Flags flag = rune switch { 'i' => Flags.IgnoreCase, 'm' => Flags.MultiLine, 's' => Flags.DotMatchesNewline, 'U' => Flags.SwapGreed, _ => 0 };
            if (flag != 0)
                _flags = on ? _flags | flag : _flags & ~flag;
            else if (rune == '-' && on)
                on = false;
            else if (rune == ':')
                return true;
            else if (rune == ')')
                return false;
            else
                break;
        }

        throw new RegexSyntaxException("A group with (? takes only the flags i, m, s and U, or a name", start);
    }

    private RegexNode Escape()
    {
        int start = _at - 1;
        if (_at == _pattern.Length)
            throw new RegexSyntaxException("The pattern ends with a backslash", start);
        switch (Peek)
        {
            case 'A':
                return Assertion(RegexAssertion.BeginText);
            case 'z':
                return Assertion(RegexAssertion.EndText);
            case 'b':
                return Assertion(RegexAssertion.WordBoundary);
            case 'B':
                return Assertion(RegexAssertion.NotWordBoundary);
            case 'C':
                _at++;
                return new RegexNode.AnyByte();
            case >= '1' and <= '9':
                throw new RegexSyntaxException($"The back reference \\{(char)Peek} is not supported", start);
            default:
                return FoldIfAsked(TakePerlClass() ?? Single(EscapedRune(start)));
        }
    }

    private RegexNode.Assert Assertion(RegexAssertion kind)
    {
        _at++;
        return new RegexNode.Assert(kind);
    }

    private void Quoted(List<RegexNode> parts)
    {
        _at += 2;
        while (_at < _pattern.Length && !StartsWith("\\E"))
        {
            int start = _at;
            RegexNode literal = FoldIfAsked(Single(Next()));
            bool last = _at == _pattern.Length || StartsWith("\\E");
            if (last && StartsWith("\\E"))
                _at += 2;
            parts.Add(last ? Repetition(literal, start) : literal);
            if (last)
                return;
        }

        if (StartsWith("\\E"))
            _at += 2;
    }

    private CharSet Class()
    {
        int start = _at - 1;
        bool negated = Take('^');
        CharSet set = new();
        for (bool first = true; ; first = false)
        {
            if (_at == _pattern.Length)
                throw new RegexSyntaxException("A character class is not closed", start);
            if (!first && Take(']'))
                break;
            if (StartsWith("[:"))
            {
                set.Add(PosixClass());
                continue;
            }

            if (Peek == '\\' && _at + 1 < _pattern.Length)
            {
                _at++;
                if (TakePerlClass() is { } perl)
                {
                    set.Add(perl);
                    continue;
                }

                _at--;
            }

            int low = ClassRune(start);
            int high = low;
            if (_at + 1 < _pattern.Length && Peek == '-' && _pattern[_at + 1] != ']')
            {
                _at++;
                high = ClassRune(start);
            }

            if (high < low)
                throw Error("A range in a character class goes backwards");
            set.Add(low, high);
        }

        if ((_flags & Flags.IgnoreCase) != 0)
            set.Fold();
        return negated ? set.Negate() : set;
    }

    private int ClassRune(int start)
    {
        if (_at == _pattern.Length)
            throw new RegexSyntaxException("A character class is not closed", start);
        int rune = Next();
        return rune == '\\' ? EscapedRune(_at - 1) : rune;
    }

    private CharSet PosixClass()
    {
        int start = _at;
        int end = _at + 2;
        while (end + 1 < _pattern.Length && !(_pattern[end] == ':' && _pattern[end + 1] == ']'))
            end++;
        string name = Text(start + 2, Math.Min(end, _pattern.Length));
        bool negated = name.StartsWith('^');
        CharSet set = name.TrimStart('^') switch
        {
            "alnum" => CharSet.Of(('0', '9'), ('A', 'Z'), ('a', 'z')),
            "alpha" => CharSet.Of(('A', 'Z'), ('a', 'z')),
            "ascii" => CharSet.Of((0, 0x7F)),
            "blank" => CharSet.Of(('\t', '\t'), (' ', ' ')),
            "cntrl" => CharSet.Of((0, 0x1F), (0x7F, 0x7F)),
            "digit" => CharSet.Of(('0', '9')),
            "graph" => CharSet.Of(('!', '~')),
            "lower" => CharSet.Of(('a', 'z')),
            "print" => CharSet.Of((' ', '~')),
            "punct" => CharSet.Of(('!', '/'), (':', '@'), ('[', '`'), ('{', '~')),
            "space" => CharSet.Of(('\t', '\r'), (' ', ' ')),
            "upper" => CharSet.Of(('A', 'Z')),
            "word" => CharSet.Of(('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')),
            "xdigit" => CharSet.Of(('0', '9'), ('A', 'F'), ('a', 'f')),
            _ => throw new RegexSyntaxException($"[:{name}:] is not a character class; [:alpha:], [:digit:] and [:word:] are some", start),
        };
        _at = end + 2;
        return negated ? set.Negate() : set;
    }

    /// <summary>A class such as <c>\d</c> at the current place (behind the backslash), or null.</summary>
    private CharSet? TakePerlClass()
    {
        if (Peek is 'p' or 'P')
            throw new RegexSyntaxException("Unicode classes such as \\pL are not supported; use [A-Za-z] or [[:alpha:]]", _at - 1);
        CharSet? set = Peek switch
        {
            'd' or 'D' => CharSet.Of(('0', '9')),
            's' or 'S' => CharSet.Of(('\t', '\n'), ('\f', '\r'), (' ', ' ')),
            'w' or 'W' => CharSet.Of(('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')),
            _ => null,
        };
        if (set is null)
            return null;
        bool negated = Next() is 'D' or 'S' or 'W';
        return negated ? set.Negate() : set;
    }

    private int EscapedRune(int start)
    {
        if (_at == _pattern.Length)
            throw new RegexSyntaxException("The pattern ends with a backslash", start);
        int rune = Next();
        switch (rune)
        {
            case 'a':
                return '\a';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'v':
                return '\v';
            case 'x':
                return HexRune(start);
            case >= '0' and <= '7':
                int value = rune - '0';
                for (int i = 0; i < 2 && _at < _pattern.Length && Peek is >= '0' and <= '7'; i++)
                    value = value * 8 + Next() - '0';
                return value;
            default:
                if (rune < 0x80 && char.IsAsciiLetterOrDigit((char)rune))
                    throw new RegexSyntaxException($"\\{(char)rune} is not an escape", start);
                return rune;
        }
    }

    private int HexRune(int start)
    {
        bool braces = Take('{');
        int value = 0;
        int digits = 0;
        while (_at < _pattern.Length && digits < (braces ? 6 : 2) && Peek < 0x80 && char.IsAsciiHexDigit((char)Peek))
        {
            value = value * 16 + Convert.ToInt32(((char)Next()).ToString(), 16);
            digits++;
        }

        if (digits < (braces ? 1 : 2) || (braces && !Take('}')) || !Rune.IsValid(value))
            throw new RegexSyntaxException("\\x takes two hexadecimal digits, or up to six between braces, that are a code point", start);
        return value;
    }

    private static CharSet Single(int rune) => CharSet.Of((rune, rune));

    private RegexNode.Set FoldIfAsked(CharSet set) => new((_flags & Flags.IgnoreCase) != 0 && !set.IsNegated ? set.Fold() : set);

    private int Peek => _pattern[_at];

    private int Next() => _pattern[_at++];

    private bool Take(int rune)
    {
        if (_at == _pattern.Length || Peek != rune)
            return false;
        _at++;
        return true;
    }

    private bool TakeNumber(out int number)
    {
        number = 0;
        int start = _at;
        while (_at < _pattern.Length && Peek is >= '0' and <= '9' && number < 100_000)
            number = number * 10 + Next() - '0';
        return _at > start;
    }

    private bool StartsWith(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (_at + i >= _pattern.Length || _pattern[_at + i] != text[i])
                return false;
        }

        return true;
    }

    private string Text(int from, int to) => string.Concat(_pattern[from..to].Select(rune => new Rune(rune).ToString()));

    private RegexSyntaxException Error(string message) => new(message, _at);

    [Flags]
    private enum Flags : byte
    {
        IgnoreCase = 1,
        MultiLine = 2,
        DotMatchesNewline = 4,
        SwapGreed = 8,
    }
}
