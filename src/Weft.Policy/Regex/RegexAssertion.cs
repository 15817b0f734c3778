namespace Weft.Policy.Regex;

/// <summary>A condition on the place between two bytes.</summary>
internal enum RegexAssertion : byte
{
    BeginText,
    EndText,
    BeginLine,
    EndLine,
    WordBoundary,
    NotWordBoundary,
}
