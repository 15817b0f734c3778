namespace Weft.Policy.Regex;

/// <summary>A parsed pattern as a tree.</summary>
internal abstract record RegexNode
{
    /// <summary>Matches nothing, successfully.</summary>
    public sealed record Empty : RegexNode;

    /// <summary>One code point of a set.</summary>
    public sealed record Set(CharSet Chars) : RegexNode;

    /// <summary>Any one byte (<c>\C</c>).</summary>
    public sealed record AnyByte : RegexNode;

    /// <summary>One after the other.</summary>
    public sealed record Concat(IReadOnlyList<RegexNode> Parts) : RegexNode;

    /// <summary>One of several, the first preferred.</summary>
    public sealed record Alternate(IReadOnlyList<RegexNode> Choices) : RegexNode;

    /// <summary>A repetition; <paramref name="Max"/> is −1 without an upper bound.</summary>
    public sealed record Repeat(RegexNode Body, int Min, int Max, bool Greedy) : RegexNode;

    /// <summary>A capturing group, counted from 1.</summary>
    public sealed record Group(RegexNode Body, int Index) : RegexNode;

    /// <summary>An assertion.</summary>
    public sealed record Assert(RegexAssertion Kind) : RegexNode;
}
