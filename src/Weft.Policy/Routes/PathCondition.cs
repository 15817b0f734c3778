using System.Text;
using Weft.Policy.Regex;

namespace Weft.Policy.Routes;

/// <summary>A condition on the path, which never includes the query. Immutable; any thread.</summary>
public sealed class PathCondition
{
    private readonly byte[] _text;
    private readonly bool _ignoreCase;
    private readonly ByteRegex? _regex;

    internal PathCondition(PathConditionKind kind, string text, bool ignoreCase, ByteRegex? regex)
    {
        Kind = kind;
        _text = Encoding.UTF8.GetBytes(text);
        _ignoreCase = ignoreCase;
        _regex = regex;
    }

    /// <summary>Every path.</summary>
    internal static PathCondition Any { get; } = new(PathConditionKind.Prefix, "/", false, null);

    /// <summary>How the path is compared.</summary>
    public PathConditionKind Kind { get; }

    /// <summary>The bytes that a matching path must start with, compared as they are; null when there are none such.</summary>
    internal byte[]? Literal => _ignoreCase || Kind is PathConditionKind.Regex or PathConditionKind.Connect ? null : _text;

    /// <summary>Bytes of a path that the condition has matched and that a prefix rewrite replaces.</summary>
    internal int MatchedLength(ReadOnlySpan<byte> path) => Kind is PathConditionKind.Prefix or PathConditionKind.SeparatedPrefix ? _text.Length : path.Length;

    /// <summary>True when the path fulfils the condition.</summary>
    public bool Matches(ReadOnlySpan<byte> path, bool isConnect)
    {
        switch (Kind)
        {
            case PathConditionKind.Prefix:
                return path.Length >= _text.Length && !path.IsEmpty && Same(path[.._text.Length]);
            case PathConditionKind.Exact:
                return path.Length == _text.Length && Same(path);
            case PathConditionKind.SeparatedPrefix:
                return path.Length >= _text.Length && Same(path[.._text.Length]) && (path.Length == _text.Length || path[_text.Length] == '/');
            case PathConditionKind.Connect:
                return isConnect;
            default:
                return !path.IsEmpty && _regex!.IsFullMatch(path);
        }
    }

    /// <summary>The condition in words, for explanations.</summary>
    public override string ToString()
    {
        string text = Encoding.UTF8.GetString(_text);
        return Kind switch
        {
            PathConditionKind.Prefix => $"path starts with '{text}'",
            PathConditionKind.Exact => $"path is '{text}'",
            PathConditionKind.SeparatedPrefix => $"path is '{text}' or below it",
            PathConditionKind.Connect => "method is CONNECT",
            _ => $"path matches /{text}/",
        } + (_ignoreCase ? " in any case" : "");
    }

    private bool Same(ReadOnlySpan<byte> part) => _ignoreCase ? ByteCase.EqualsIgnoreCase(part, _text) : part.SequenceEqual(_text);
}
