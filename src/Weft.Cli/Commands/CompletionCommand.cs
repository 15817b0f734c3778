using System.CommandLine;

namespace Weft.Cli.Commands;

/// <summary><c>weft completion SHELL</c>: the script that a shell needs; it asks <c>weft</c> itself what can follow.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _weft() {
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _weft weft ./weft
        """;

    private const string Zsh = """
        #compdef weft
        _weft() {
          local -a found
          found=("${(@f)$(${words[1]} "[suggest:${#BUFFER}]" "$BUFFER" 2>/dev/null)}")
          compadd -a found || _files
        }
        compdef _weft weft
        """;

    private const string Fish = """
        function __weft_complete
          set -l line (commandline -cp)
          weft "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c weft -a '(__weft_complete)'
        """;

    public static Command Create(CommandContext context)
    {
        Argument<string> shell = new("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        ExampleCommand command = new(
            "completion",
            "Print the script that makes a shell complete weft's commands.",
            "source <(weft completion bash)",
            "weft completion fish > ~/.config/fish/completions/weft.fish")
        {
            shell,
        };
        command.SetAction(parsed => context.Terminal.Out.WriteLine(parsed.GetValue(shell) switch { "zsh" => Zsh, "fish" => Fish, _ => Bash }));
        return command;
    }
}
