using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace Weft.Policy.Regex;

/// <summary>
/// A regular expression in RE2 syntax over UTF-8 bytes, as Envoy and Istio use it in routes. Time is linear in the input whatever the
/// pattern, and matching allocates nothing once a thread is warm. Immutable; any thread. Input that is not valid UTF-8 is matched byte by
/// byte, so that <c>.</c> and <c>[^x]</c> take any byte of it: a rule that denies cannot be escaped with a broken byte.
/// </summary>
public sealed class ByteRegex
{
    /// <summary>The longest pattern, in bytes of UTF-8 (Istio's limit for what users write).</summary>
    public const int MaxPatternBytes = 1024;

    private readonly RegexProgram _program;
    private readonly DfaTable? _table;
    private readonly Lazy<RegexProgram> _byteProgram;

    private ByteRegex(string pattern, RegexNode root, int groups)
    {
        Pattern = pattern;
        GroupCount = groups;
        _program = RegexProgram.Compile(root, groups, bytes: false);
        _table = DfaBuilder.Build(_program);
        _byteProgram = new Lazy<RegexProgram>(() => RegexProgram.Compile(root, groups, bytes: true));
    }

    /// <summary>The pattern as written.</summary>
    public string Pattern { get; }

    /// <summary>Capturing groups, without the whole match.</summary>
    public int GroupCount { get; }

    /// <summary>True when matching whole inputs is one table lookup for each byte.</summary>
    public bool HasTable => _table is not null;

    /// <summary>Compiles a pattern, or says in a sentence what is wrong with it and where.</summary>
    public static bool TryCompile(string pattern, [NotNullWhen(true)] out ByteRegex? regex, [NotNullWhen(false)] out string? error)
    {
        regex = null;
        int bytes = Encoding.UTF8.GetByteCount(pattern);
        if (bytes > MaxPatternBytes)
        {
            error = $"The pattern has {bytes} bytes; the limit is {MaxPatternBytes}.";
            return false;
        }

        try
        {
            (RegexNode root, int groups) = RegexParser.Parse(pattern);
            regex = new ByteRegex(pattern, root, groups);
            error = null;
            return true;
        }
        catch (RegexSyntaxException exception)
        {
            error = exception.Message;
            return false;
        }
    }

    /// <summary>True when the pattern matches all of <paramref name="input"/>.</summary>
    public bool IsFullMatch(ReadOnlySpan<byte> input)
    {
        if (!Utf8.IsValid(input))
            return PikeMatcher.Run(_byteProgram.Value, input, 0, whole: true, default);
        return _table?.Matches(input) ?? PikeMatcher.Run(_program, input, 0, whole: true, default);
    }

    /// <summary>
    /// Finds the leftmost match at or behind <paramref name="start"/>, as RE2's unanchored match does.
    /// </summary>
    /// <param name="input">The text.</param>
    /// <param name="start">Where to start.</param>
    /// <param name="groups">Receives pairs of start and end: the whole match, then each group; −1 for one that took no part.</param>
    public bool Find(ReadOnlySpan<byte> input, int start, Span<int> groups) =>
        PikeMatcher.Run(Utf8.IsValid(input) ? _program : _byteProgram.Value, input, start, whole: false, groups);

    /// <inheritdoc/>
    public override string ToString() => Pattern;
}
