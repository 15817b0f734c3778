using System.Text;

namespace Weft.Policy.Routes;

/// <summary>A condition on a query parameter (Envoy's QueryParameterMatcher): judged on its first value, without percent-decoding. Immutable.</summary>
public sealed class QueryCondition
{
    private readonly byte[] _name;
    private readonly StringCondition? _text;
    private readonly bool _present;

    internal QueryCondition(string name, StringCondition? text, bool present)
    {
        _name = Encoding.UTF8.GetBytes(name);
        _text = text;
        _present = present;
    }

    /// <summary>True when a query, without its question mark, fulfils the condition.</summary>
    public bool Matches(ReadOnlySpan<byte> query)
    {
        bool found = TryGet(query, _name, out ReadOnlySpan<byte> value);
        return _text is null ? found == _present : found && _text.Matches(value);
    }

    /// <summary>The first value of a parameter; a parameter without an equals sign has an empty value.</summary>
    public static bool TryGet(ReadOnlySpan<byte> query, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        while (!query.IsEmpty)
        {
            int end = query.IndexOf((byte)'&');
            ReadOnlySpan<byte> pair = end < 0 ? query : query[..end];
            query = end < 0 ? default : query[(end + 1)..];
            int equals = pair.IndexOf((byte)'=');
            if ((equals < 0 ? pair : pair[..equals]).SequenceEqual(name))
            {
                value = equals < 0 ? default : pair[(equals + 1)..];
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>The condition in words, for explanations.</summary>
    public override string ToString() =>
        $"query parameter '{Encoding.UTF8.GetString(_name)}' {(_text is not null ? _text.ToString() : _present ? "is present" : "is absent")}";
}
