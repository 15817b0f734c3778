using System.Collections.Concurrent;
using System.Globalization;
using Weft.Cli.Supervision;

namespace Weft.Cli.Tests.Supervision;

public sealed class ChildProcessTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);
    private readonly ConcurrentQueue<string> _lines = new();
    private ProcessGuard _guard = null!;

    public ValueTask InitializeAsync()
    {
        _guard = ProcessGuard.Start();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _guard.DisposeAsync();

    [Fact]
    public async Task AProgramThatEnds_ReportsItsCodeAfterItsLastLine()
    {
        ChildProcess child = Start("sh", "-c", "echo one; echo two >&2; printf three; exit 7");
        Assert.Equal(7, await child.Exited.WaitAsync(Deadline));
        Assert.Equal(["one", "three", "two"], _lines.Order());
    }

    [Fact]
    public async Task AKilledProgram_ReportsTheSignal()
    {
        ChildProcess child = Start("sleep", "1000");
        child.Signal(9);
        Assert.Equal(137, await child.Exited.WaitAsync(Deadline));
        Assert.Equal("signal 9 (killed)", ExitText.Of(137));
    }

    [Fact]
    public async Task Stopping_EndsWhatTheProgramStartedToo()
    {
        ChildProcess child = Start("sh", "-c", "sleep 1000 & echo $!; wait");
        int grandchild = int.Parse(await FirstLineAsync(), CultureInfo.InvariantCulture);
        await child.StopAsync(Deadline).WaitAsync(Deadline);
        Assert.False(Runs(grandchild));
    }

    [Fact]
    public async Task AProgramThatIgnoresTheSignal_IsEndedByForceAfterTheGrace()
    {
        ChildProcess child = Start("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1000; done");
        Assert.Equal("ready", await FirstLineAsync());
        await child.StopAsync(TimeSpan.FromMilliseconds(200)).WaitAsync(Deadline);
        Assert.Equal(137, await child.Exited.WaitAsync(Deadline));
    }

    [Fact]
    public async Task AGuardThatGoesFirst_EndsWhatIsLeft()
    {
        ProcessGuard guard = ProcessGuard.Start();
        ChildProcess child = ChildProcess.Start(new LaunchRequest { Command = ["sleep", "1000"], WorkingDirectory = "/", OnLine = _lines.Enqueue }, guard, TimeProvider.System);
        await guard.DisposeAsync().AsTask().WaitAsync(Deadline);
        Assert.Equal(143, await child.Exited.WaitAsync(Deadline));
    }

    [Fact]
    public void AMissingProgram_IsASentenceThatNamesIt()
    {
        CliException error = Assert.Throws<CliException>(() => Start("no-such-program"));
        Assert.Contains("no-such-program", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<CliException>(() => ChildProcess.Start(
            new LaunchRequest { Command = ["true"], WorkingDirectory = "/no/such/place", OnLine = _lines.Enqueue }, _guard, TimeProvider.System));
        Assert.Contains("/no/such/place", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnEndlessLine_IsHandedOnInPieces()
    {
        ChildProcess child = Start("sh", "-c", "head -c 100000 /dev/zero | tr '\\0' x");
        await child.Exited.WaitAsync(Deadline);
        Assert.Equal(100000, _lines.Sum(line => line.Length));
        Assert.All(_lines, line => Assert.InRange(line.Length, 1, 16 * 1024));
    }

    private ChildProcess Start(params string[] command) =>
        ChildProcess.Start(new LaunchRequest { Command = command, WorkingDirectory = "/", OnLine = _lines.Enqueue }, _guard, TimeProvider.System);

    private async Task<string> FirstLineAsync()
    {
        using CancellationTokenSource limit = new(Deadline);
        string? line;
        while (!_lines.TryDequeue(out line))
            await Task.Delay(10, limit.Token);
        return line;
    }

    // A zombie does not run any more: somebody else's init has yet to reap it.
    private static bool Runs(int process) =>
        File.Exists($"/proc/{process}/stat") && File.ReadAllText($"/proc/{process}/stat").Split(')')[^1].TrimStart()[0] != 'Z';
}
