using System.Text;
using Weft.Policy.Regex;

namespace Weft.Policy.Routes;

/// <summary>A condition on one value (Envoy's StringMatcher). Immutable; any thread.</summary>
public sealed class StringCondition
{
    private readonly byte[] _text;
    private readonly bool _ignoreCase;
    private readonly ByteRegex? _regex;

    internal StringCondition(StringConditionKind kind, string text, bool ignoreCase)
    {
        Kind = kind;
        _text = Encoding.UTF8.GetBytes(text);
        _ignoreCase = ignoreCase;
    }

    internal StringCondition(ByteRegex regex)
    {
        Kind = StringConditionKind.Regex;
        _text = Encoding.UTF8.GetBytes(regex.Pattern);
        _regex = regex;
    }

    /// <summary>How the text is compared.</summary>
    public StringConditionKind Kind { get; }

    /// <summary>True when <paramref name="value"/> fulfils the condition.</summary>
    public bool Matches(ReadOnlySpan<byte> value) => Kind switch
    {
        StringConditionKind.Exact => value.Length == _text.Length && Same(value, _text),
        StringConditionKind.Prefix => value.Length >= _text.Length && Same(value[.._text.Length], _text),
        StringConditionKind.Suffix => value.Length >= _text.Length && Same(value[^_text.Length..], _text),
        StringConditionKind.Contains => Contains(value),
        _ => _regex!.IsFullMatch(value),
    };

    /// <summary>The condition in words, for explanations.</summary>
    public override string ToString()
    {
        string text = Encoding.UTF8.GetString(_text);
        string ignoring = _ignoreCase ? " in any case" : "";
        return Kind switch
        {
            StringConditionKind.Exact => $"is '{text}'{ignoring}",
            StringConditionKind.Prefix => $"starts with '{text}'{ignoring}",
            StringConditionKind.Suffix => $"ends with '{text}'{ignoring}",
            StringConditionKind.Contains => $"contains '{text}'{ignoring}",
            _ => $"matches /{text}/",
        };
    }

    private bool Same(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) => _ignoreCase ? ByteCase.EqualsIgnoreCase(a, b) : a.SequenceEqual(b);

    private bool Contains(ReadOnlySpan<byte> value)
    {
        if (!_ignoreCase)
            return value.IndexOf(_text) >= 0;
        for (int i = 0; i + _text.Length <= value.Length; i++)
        {
            if (ByteCase.EqualsIgnoreCase(value.Slice(i, _text.Length), _text))
                return true;
        }

        return false;
    }
}
