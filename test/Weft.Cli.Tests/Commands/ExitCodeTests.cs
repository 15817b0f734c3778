namespace Weft.Cli.Tests.Commands;

/// <summary>The exit codes of docs/cli.md: 0 done, 1 the answer is no, 2 it could not run.</summary>
public sealed class ExitCodeTests : IDisposable
{
    private readonly CommandRunner _weft = new();

    public void Dispose() => _weft.Dispose();

    [Theory]
    [InlineData("frobnicate")]
    [InlineData("validate")]
    [InlineData("validate", "x.yaml", "-o", "xml")]
    [InlineData("get", "frobs", "--dir", ".")]
    [InlineData("up", "no-such-directory")]
    [InlineData("run", "--name", "x")]
    [InlineData("delete", "--dir", ".")]
    public async Task AWrongCommandLine_ExitsTwoWithASentenceOnStderrOnly(params string[] arguments)
    {
        CommandResult result = await _weft.RunAsync(arguments);
        Assert.Equal(2, result.Code);
        Assert.Empty(result.Out);
        Assert.StartsWith("weft: ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("down")]
    [InlineData("logs")]
    [InlineData("restart")]
    [InlineData("get", "vs")]
    [InlineData("run", "--name", "x", "--", "true")]
    public async Task WithoutARunningMesh_ExitsTwoAndSaysHowToStartOne(params string[] arguments)
    {
        CommandResult result = await _weft.RunAsync(arguments);
        Assert.Equal(2, result.Code);
        Assert.Contains("weft up DIR", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("demo", "--help")]
    [InlineData("up", "--help")]
    [InlineData("run", "--help")]
    [InlineData("status", "--help")]
    [InlineData("logs", "--help")]
    [InlineData("restart", "--help")]
    [InlineData("apply", "--help")]
    [InlineData("get", "--help")]
    [InlineData("delete", "--help")]
    [InlineData("validate", "--help")]
    [InlineData("proxy-config", "--help")]
    [InlineData("completion", "--help")]
    [InlineData("version", "--help")]
    public async Task EveryHelp_BeginsWithExamples(params string[] arguments)
    {
        CommandResult result = await _weft.RunAsync(arguments);
        Assert.Equal(0, result.Code);
        Assert.Matches(@"\AExamples:\n  .*weft ", result.Out);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Completion_PrintsAScriptThatAsksWeft(string shell)
    {
        CommandResult result = await _weft.RunAsync("completion", shell);
        Assert.Equal(0, result.Code);
        Assert.Contains("[suggest:", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Suggestions_AreTheCommands()
    {
        CommandResult result = await _weft.RunAsync("[suggest:5]", "weft ");
        Assert.Contains("validate", result.Out.Split('\n'));
        Assert.DoesNotContain("control-plane", result.Out.Split('\n'));
    }
}
