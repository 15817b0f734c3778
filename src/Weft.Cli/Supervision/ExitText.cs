using System.Globalization;

namespace Weft.Cli.Supervision;

/// <summary>An exit code in words.</summary>
internal static class ExitText
{
    /// <summary><c>exit code 3</c>, or <c>signal 9 (killed)</c> for 137.</summary>
    public static string Of(int code) => code switch
    {
        128 + Signals.Kill => "signal 9 (killed)",
        128 + Signals.Terminate => "signal 15 (terminated)",
        128 + 11 => "signal 11 (segmentation fault)",
        128 + 6 => "signal 6 (aborted)",
        > 128 and < 160 => $"signal {(code - 128).ToString(CultureInfo.InvariantCulture)}",
        _ => $"exit code {code.ToString(CultureInfo.InvariantCulture)}",
    };
}
