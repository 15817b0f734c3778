namespace Weft.Policy.Routes;

/// <summary>The kinds of <see cref="StringCondition"/>.</summary>
public enum StringConditionKind : byte
{
    Exact,
    Prefix,
    Suffix,
    Contains,
    Regex,
}
