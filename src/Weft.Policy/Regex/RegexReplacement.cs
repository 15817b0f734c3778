using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Weft.Policy.Regex;

/// <summary>
/// A pattern with what its matches are replaced by, in RE2's form: <c>\1</c> to <c>\9</c> stand for groups, <c>\0</c> for the match, <c>\\</c> for a
/// backslash. Every match is replaced, as Envoy's regex_rewrite does. Immutable; any thread.
/// </summary>
public sealed class RegexReplacement
{
    private readonly Part[] _parts;

    private RegexReplacement(ByteRegex regex, string substitution, Part[] parts)
    {
        Regex = regex;
        Substitution = substitution;
        _parts = parts;
    }

    /// <summary>The pattern.</summary>
    public ByteRegex Regex { get; }

    /// <summary>The substitution as written.</summary>
    public string Substitution { get; }

    /// <summary>Compiles pattern and substitution, or says what is wrong with either.</summary>
    public static bool TryCompile(
        string pattern, string substitution, [NotNullWhen(true)] out RegexReplacement? replacement, [NotNullWhen(false)] out string? error)
    {
        replacement = null;
        if (!ByteRegex.TryCompile(pattern, out ByteRegex? regex, out error))
            return false;
        List<Part> parts = [];
        StringBuilder literal = new();
        for (int i = 0; i < substitution.Length; i++)
        {
            if (substitution[i] != '\\')
            {
                literal.Append(substitution[i]);
                continue;
            }

            char next = i + 1 < substitution.Length ? substitution[++i] : ' ';
            if (next == '\\')
            {
                literal.Append('\\');
                continue;
            }

            if (!char.IsAsciiDigit(next))
            {
                error = $"In the substitution '{substitution}' a backslash is followed by neither a digit nor a backslash.";
                return false;
            }

            if (next - '0' > regex.GroupCount)
            {
                error = $"The substitution '{substitution}' names group {next}, but the pattern has {regex.GroupCount}.";
                return false;
            }

            parts.Add(new Part(Encoding.UTF8.GetBytes(literal.ToString()), next - '0'));
            literal.Clear();
        }

        parts.Add(new Part(Encoding.UTF8.GetBytes(literal.ToString()), -1));
        replacement = new RegexReplacement(regex, substitution, [.. parts]);
        return true;
    }

    /// <summary>
    /// Writes <paramref name="input"/> with every match replaced into <paramref name="destination"/> and returns the length, or −1 when it does not fit.
    /// </summary>
    public int Replace(ReadOnlySpan<byte> input, Span<byte> destination)
    {
        // Ten pairs are all that a substitution can name.
        Span<int> groups = stackalloc int[20];
        groups = groups[..Math.Min(20, 2 * (Regex.GroupCount + 1))];
        int written = 0;
        int at = 0;
        int lastEnd = -1;
        while (at <= input.Length && Regex.Find(input, at, groups))
        {
            (int start, int end) = (groups[0], groups[1]);
            if (!Put(input[at..start], destination, ref written))
                return -1;
            if (start == end && start == lastEnd)
            {
                // An empty match right behind the last one does not count: step over one character.
                int length = at < input.Length ? CharacterLength(input[at..]) : 0;
                if (!Put(input.Slice(at, length), destination, ref written))
                    return -1;
                if (length == 0)
                    break;
                at += length;
                lastEnd = -1;
                continue;
            }

            if (!PutSubstitution(input, groups, destination, ref written))
                return -1;
            at = lastEnd = end;
        }

        return at > input.Length || Put(input[at..], destination, ref written) ? written : -1;
    }

    private bool PutSubstitution(ReadOnlySpan<byte> input, ReadOnlySpan<int> groups, Span<byte> destination, ref int written)
    {
        foreach (Part part in _parts)
        {
            if (!Put(part.Literal, destination, ref written))
                return false;
            if (part.Group >= 0 && groups[2 * part.Group] >= 0 && !Put(input[groups[2 * part.Group]..groups[2 * part.Group + 1]], destination, ref written))
                return false;
        }

        return true;
    }

    private static int CharacterLength(ReadOnlySpan<byte> input) => Rune.DecodeFromUtf8(input, out _, out int length) == System.Buffers.OperationStatus.Done ? length : 1;

    private static bool Put(ReadOnlySpan<byte> bytes, Span<byte> destination, ref int written)
    {
        if (!bytes.TryCopyTo(destination[written..]))
            return false;
        written += bytes.Length;
        return true;
    }

    private readonly record struct Part(byte[] Literal, int Group);
}
