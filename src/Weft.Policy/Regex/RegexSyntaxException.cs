namespace Weft.Policy.Regex;

/// <summary>A pattern that cannot be compiled; caught by <see cref="ByteRegex.TryCompile"/> and never seen outside.</summary>
internal sealed class RegexSyntaxException(string message, int position) : Exception($"{message} (at character {position + 1} of the pattern).")
{
}
