namespace Weft.Policy.Routes;

/// <summary>The kinds of <see cref="PathCondition"/>.</summary>
public enum PathConditionKind : byte
{
    /// <summary>The path starts with the text.</summary>
    Prefix,

    /// <summary>The path is the text.</summary>
    Exact,

    /// <summary>The whole path matches a pattern.</summary>
    Regex,

    /// <summary>The path is the text or goes on with a slash behind it.</summary>
    SeparatedPrefix,

    /// <summary>The request is a CONNECT, which has no path.</summary>
    Connect,
}
