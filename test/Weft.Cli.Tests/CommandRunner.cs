using System.Text;
using Weft.Cli.Commands;
using Weft.Cli.Output;

namespace Weft.Cli.Tests;

/// <summary>Runs command lines in this process against a directory of its own, and keeps what they wrote.</summary>
internal sealed class CommandRunner : IDisposable
{
    public CommandRunner() => Directory = System.IO.Directory.CreateTempSubdirectory("weft-cli-").FullName;

    public string Directory { get; }

    public string Input { get; set; } = "";

    public string WriteFile(string name, string text)
    {
        string path = Path.Combine(Directory, name);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public async Task<CommandResult> RunAsync(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        CommandContext context = new()
        {
            Terminal = new Terminal(output, error),
            CurrentDirectory = Directory,
            Environment = name => name == "WEFT_STATE" ? Path.Combine(Directory, ".state") : null,
            Input = () => new MemoryStream(Encoding.UTF8.GetBytes(Input)),
        };
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        int code = await WeftCommandLine.RunAsync(arguments, context, limit.Token);
        return new CommandResult(code, output.ToString(), error.ToString());
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
