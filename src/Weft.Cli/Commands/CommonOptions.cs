using System.CommandLine;
using Weft.Cli.Output;

namespace Weft.Cli.Commands;

/// <summary>Options that several commands share. Each command gets instances of its own.</summary>
internal static class CommonOptions
{
    /// <summary><c>-o table|json|yaml</c>.</summary>
    public static Option<OutputFormat> Output() => new("--output", "-o")
    {
        Description = "table, json or yaml.",
        HelpName = "FORMAT",
        DefaultValueFactory = static _ => OutputFormat.Table,
        CustomParser = static result =>
        {
            string text = result.Tokens[0].Value;
            if (Enum.TryParse(text, ignoreCase: true, out OutputFormat format) && Enum.IsDefined(format) && !char.IsAsciiDigit(text[0]))
                return format;
            result.AddError($"The output format '{text}' is unknown; it is table, json or yaml.");
            return OutputFormat.Table;
        },
    };

    /// <summary><c>-n NAMESPACE</c>; null when not given.</summary>
    public static Option<string?> Namespace(string description = "The namespace; 'default' when not given.") =>
        new("--namespace", "-n") { Description = description, HelpName = "NAMESPACE" };

    /// <summary><c>--state DIR</c>.</summary>
    public static Option<string?> State() => new("--state")
    {
        Description = "The running mesh's state directory; by default $WEFT_STATE, $XDG_RUNTIME_DIR/weft or /tmp/weft-UID.",
        HelpName = "DIR",
    };
}
