using System.Buffers;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation;

/// <summary>Rules for header names and for values, which may hold Envoy's substitutions: <c>%VAR(args):length%</c>, with <c>%%</c> for a percent sign.</summary>
internal static class HeaderRules
{
    private static readonly SearchValues<char> VariableCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");

    public static void Name(Scope at, string name)
    {
        if (!Names.IsHeaderName(name))
            at.Report(ValueDiagnostics.HeaderName, $"is no header name: \"{name}\".", "A name is letters, digits and !#$%&'*+-.^_`|~, without spaces or colons.");
    }

    public static void Value(Scope at, string value)
    {
        if (value.Any(c => char.IsControl(c) && c != '\t'))
            at.Report(ValueDiagnostics.HeaderValue, "holds a control character.", "Remove line breaks and other control characters.");
        else if (!SubstitutionsAreBalanced(value))
            at.Report(ValueDiagnostics.HeaderValue, "has a % that begins no substitution.", "Write %% for a percent sign, or a substitution such as %REQ(x-name)%.");
    }

    private static bool SubstitutionsAreBalanced(ReadOnlySpan<char> value)
    {
        while (value.IndexOf('%') is int start and >= 0)
        {
            value = value[(start + 1)..];
            if (value is ['%', ..])
            {
                value = value[1..];
                continue;
            }
            int name = value.IndexOfAnyExcept(VariableCharacters);
            if (name <= 0)
                return false;
            value = value[name..];
            if (value is ['(', ..])
            {
                int close = value.IndexOf(')');
                if (close < 0)
                    return false;
                value = value[(close + 1)..];
            }
            if (value is [':', ..])
                value = value[1..].TrimStart("0123456789");
            if (value is not ['%', ..])
                return false;
            value = value[1..];
        }
        return true;
    }
}
