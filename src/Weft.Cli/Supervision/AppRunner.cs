using System.Globalization;
using System.Net;

namespace Weft.Cli.Supervision;

/// <summary>
/// Keeps one workload's program running as its restart policy says, and knows whether it serves. A program that ends shows
/// its last lines.
/// </summary>
public sealed class AppRunner(
    WorkloadEnvironment environment, WorkloadDefinition workload, HealthProbe probe, Func<CancellationToken, Task<LaunchRequest>> launch, int appPort, Action<WorkloadState, string> onState)
{
    private const int LastWords = 20;
    private const int FailuresToUnhealthy = 3;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private readonly HealthDefinition _health = workload.Health ?? HealthDefinition.Default;
    private ChildProcess? _process;

    /// <summary>How often it was started again.</summary>
    public int Restarts { get; private set; }

    /// <summary>Its process, when it runs.</summary>
    public int? ProcessId => _process is { Exited.IsCompleted: false } running ? running.Id : null;

    /// <summary>The exit code of its last run, once it is not started again.</summary>
    public int ExitCode { get; private set; }

    /// <summary>Runs until the program has ended for good, or until cancelled; then it has ended.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        Backoff backoff = default;
        try
        {
            while (true)
            {
                long started = environment.Clock.GetTimestamp();
                int? code = await RunOnceAsync(stop);
                if (code is not { } exit)
                    return;
                ExitCode = exit;
                bool again = workload.Restart == RestartRule.Always || (workload.Restart == RestartRule.OnFailure && exit != 0);
                string text = $"ended with {ExitText.Of(exit)}";
                if (!again)
                {
                    onState(exit == 0 ? WorkloadState.Completed : WorkloadState.Failed, exit == 0 ? text : WithLastWords(text));
                    return;
                }

                TimeSpan pause = backoff.Next(environment.Clock.GetElapsedTime(started));
                Restarts++;
                onState(WorkloadState.Restarting, WithLastWords($"{text}; starting it again in {pause.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s"));
                await Task.Delay(pause, environment.Clock, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopping.
        }
        finally
        {
            if (_process is { } process)
                await process.StopAsync(Grace, Signals.ByName(workload.StopSignal));
        }
    }

    // Null when it cannot be started at all, which no restart can mend.
    private async Task<int?> RunOnceAsync(CancellationToken stop)
    {
        LaunchRequest request = await launch(stop);
        try
        {
            _process = ChildProcess.Start(request, environment.Guard, environment.Clock);
        }
        catch (CliException error)
        {
            ExitCode = 127;
            onState(WorkloadState.Failed, error.Message);
            return null;
        }

        onState(WorkloadState.Starting, "");
        Task<int> exited = _process.Exited;
        using CancellationTokenSource watching = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task watch = WatchAsync(exited, watching.Token);
        int code = await exited.WaitAsync(stop);
        await watching.CancelAsync();
        await watch;
        return code;
    }

    private async Task WatchAsync(Task exited, CancellationToken stop)
    {
        try
        {
            if (appPort == 0)
            {
                onState(WorkloadState.Ready, "");
                return;
            }

            if (!await Polling.UntilAsync(ServesAsync, exited, environment.Clock, stop))
                return;
            onState(WorkloadState.Ready, "");
            int failures = 0;
            while (!exited.IsCompleted)
            {
                await Task.Delay(_health.Interval, environment.Clock, stop);
                bool serves = await ServesAsync(stop);
                if (serves && failures >= FailuresToUnhealthy)
                    onState(WorkloadState.Ready, "");
                failures = serves ? 0 : failures + 1;
                if (failures == FailuresToUnhealthy)
                    onState(WorkloadState.Unhealthy, $"its health check failed {FailuresToUnhealthy} times");
            }
        }
        catch (OperationCanceledException)
        {
            // The program ended, or the mesh stops.
        }
    }

    private Task<bool> ServesAsync(CancellationToken stop)
    {
        int port = _health.Port > 0 ? _health.Port : appPort;
        return _health.Path is { } path
            ? probe.AnswersAsync(new Uri($"http://127.0.0.1:{port}{path}"), _health.Timeout, stop)
            : probe.AcceptsAsync(new IPEndPoint(IPAddress.Loopback, port), _health.Timeout, stop);
    }

    private string WithLastWords(string text)
    {
        IReadOnlyList<LogLine> last = environment.Logs.Last(LastWords, (source, part) => source == workload.Name && part == "app");
        return last.Count == 0 ? text : $"{text}\n{string.Join('\n', last.Select(line => "    " + line.Text))}";
    }
}
