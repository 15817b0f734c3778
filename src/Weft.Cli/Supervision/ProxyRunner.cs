using System.Globalization;

namespace Weft.Cli.Supervision;

/// <summary>
/// Keeps one workload's proxy running: starts it, waits until it says that it is ready, and starts it again with a growing
/// pause whenever it ends. The program beside it is left alone meanwhile.
/// </summary>
public sealed class ProxyRunner(
    WorkloadEnvironment environment, IWorkloadPlace place, ProxyBootstrap bootstrap, string directory, Action onChange)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ProbeDeadline = TimeSpan.FromSeconds(1);
    private readonly TaskCompletionSource _firstReady = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WorkloadDefinition _workload = bootstrap.Workload;
    private ChildProcess? _process;
    private bool _isWritten;

    /// <summary>Completes when the proxy serves for the first time.</summary>
    public Task FirstReady => _firstReady.Task;

    /// <summary>Whether it serves now.</summary>
    public bool IsReady { get; private set; }

    /// <summary>How often it was started again.</summary>
    public int Restarts { get; private set; }

    /// <summary>What went wrong last, or empty.</summary>
    public string Trouble { get; private set; } = "";

    /// <summary>Its process, when it runs.</summary>
    public int? ProcessId => _process is { Exited.IsCompleted: false } running ? running.Id : null;

    /// <summary>Runs until cancelled; then the proxy has ended.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        string file = Path.Combine(directory, "bootstrap.pb");
        Backoff backoff = default;
        try
        {
            while (true)
            {
                long started = environment.Clock.GetTimestamp();
                string ended = await RunOnceAsync(file, stop);
                TimeSpan pause = backoff.Next(environment.Clock.GetElapsedTime(started));
                Trouble = ended;
                Restarts++;
                environment.Logs.Write(_workload.Name, "proxy", $"{ended}; starting it again in {pause.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s");
                onChange();
                await Task.Delay(pause, environment.Clock, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopping.
        }
        finally
        {
            IsReady = false;
            if (_process is { } process)
                await process.StopAsync(Grace);
        }
    }

    private async Task<string> RunOnceAsync(string file, CancellationToken stop)
    {
        try
        {
            // People read the JSON; the proxy reads the same as bytes, which spares it megabytes of schemas.
            if (!_isWritten)
            {
                StateDirectory.WritePrivate(Path.ChangeExtension(file, ".json"), bootstrap.Render(), place.ProxyUser);
                StateDirectory.WritePrivate(file, bootstrap.RenderBytes(), place.ProxyUser);
            }

            _isWritten = true;
            _process = ChildProcess.Start(
                new LaunchRequest
                {
                    Command = [environment.ProxyProgram, "-c", file, "--concurrency", environment.ProxyConcurrency.ToString(CultureInfo.InvariantCulture)],
                    WorkingDirectory = directory,
                    Wrapper = place.ProxyWrapper,
                    OnLine = line => environment.Logs.Write(_workload.Name, "proxy", line),
                },
                environment.Guard,
                environment.Clock);
        }
        catch (CliException error)
        {
            return error.Message;
        }

        Uri ready = new($"http://{bootstrap.AdminAddress}:{ProxyBootstrap.AdminPort}/ready");
        Task<int> exited = _process.Exited;
        if (await Polling.UntilAsync(token => place.Probe.AnswersAsync(ready, ProbeDeadline, token), exited, environment.Clock, stop))
        {
            IsReady = true;
            Trouble = "";
            _firstReady.TrySetResult();
            onChange();
        }

        int code = await exited.WaitAsync(stop);
        IsReady = false;
        return $"the proxy ended with {ExitText.Of(code)}";
    }
}
