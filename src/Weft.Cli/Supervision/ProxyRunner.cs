using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;

namespace Weft.Cli.Supervision;

/// <summary>
/// Keeps one workload's proxy running: starts it, waits until it says that it is ready, and starts it again with a growing
/// pause whenever it ends. The program beside it is left alone meanwhile. <see cref="ReplaceAsync"/> puts a new process in the place of one that serves,
/// without losing a request (<c>weft-proxy --take-over</c>).
/// </summary>
public sealed class ProxyRunner(
    WorkloadEnvironment environment, IWorkloadPlace place, ProxyBootstrap bootstrap, string directory, Action onChange)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ProbeDeadline = TimeSpan.FromSeconds(1);

    // A proxy that was replaced ends by itself when its drain time of 5 s is over.
    private static readonly TimeSpan RetirementGrace = TimeSpan.FromSeconds(15);

    // Whoever replaces the process, or looks whether it was replaced, puts its mark here; the next one waits until it is taken out.
    private readonly Channel<bool> _turn = Channel.CreateBounded<bool>(1);
    private readonly List<Task> _retiring = [];
    private TaskCompletionSource _replaced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationToken _stop;
    private int _epoch;
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
        _stop = stop;
        Backoff backoff = default;
        try
        {
            while (true)
            {
                long started = environment.Clock.GetTimestamp();
                string ended = await RunOnceAsync(stop);
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

            // Whoever is replacing it sees the same token.
            await _turn.Writer.WriteAsync(true, CancellationToken.None);
            if (_process is { } process)
                await process.StopAsync(Grace);
            await Task.WhenAll(_retiring);
        }
    }

    /// <summary>
    /// Starts a new process, which takes the listening sockets over as soon as it is ready; the old one finishes what it has begun and ends. Throws
    /// <see cref="CliException"/> when the new one does not get so far: the old one goes on then.
    /// </summary>
    public async Task<(int Old, int New)> ReplaceAsync(CancellationToken stop)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stop, _stop);
        await _turn.Writer.WriteAsync(true, either.Token);
        try
        {
            if (!IsReady || _process is not { Exited.IsCompleted: false } old)
                throw new CliException($"The proxy of {_workload.Name} does not serve, so there is nothing to replace; 'weft status' says why.", Weft.Cli.ExitCode.Problems);
            string last = "";
            ChildProcess next = Launch(line => last = line, "--take-over");
            try
            {
                if (!await Polling.UntilAsync(async token => await EpochAsync(token) > _epoch, next.Exited, environment.Clock, either.Token))
                    throw new CliException($"The proxy of {_workload.Name} was not replaced: its successor ended with {ExitText.Of(await next.Exited)} and said '{last}'. Process {old.Id} goes on.", Weft.Cli.ExitCode.Problems);
            }
            catch
            {
                await next.DisposeAsync();
                throw;
            }

            _epoch++;
            _process = next;
            _replaced.TrySetResult();
            _retiring.RemoveAll(static task => task.IsCompleted);
            _retiring.Add(RetireAsync(old));
            onChange();
            return (old.Id, next.Id);
        }
        finally
        {
            _turn.Reader.TryRead(out _);
        }
    }

    /// <summary>The ports that are slow at this proxy because their protocol is found out by looking; none when it does not answer.</summary>
    public async Task<IReadOnlyList<SlowPort>> SlowPortsAsync(CancellationToken stop) =>
        IsReady ? SlowPort.Parse(await place.Probe.ReadAsync(Admin("/slow_detection"), ProbeDeadline, stop)) : [];

    private async Task<string> RunOnceAsync(CancellationToken stop)
    {
        try
        {
            _epoch = 0;
            _process = Launch(static _ => { });
        }
        catch (CliException error)
        {
            return error.Message;
        }

        if (await Polling.UntilAsync(token => place.Probe.AnswersAsync(Admin("/ready"), ProbeDeadline, token), _process.Exited, environment.Clock, stop))
        {
            IsReady = true;
            Trouble = "";
            _firstReady.TrySetResult();
            onChange();
        }

        int code = await LastExitAsync(_process, stop);
        IsReady = false;
        return $"the proxy ended with {ExitText.Of(code)}";
    }

    /// <summary>The exit code of the process, or of the last of those that came in its place.</summary>
    private async Task<int> LastExitAsync(ChildProcess process, CancellationToken stop)
    {
        while (true)
        {
            await Task.WhenAny(process.Exited, _replaced.Task).WaitAsync(stop);

            // One that ends while it is being replaced may have a successor in a moment.
            await _turn.Writer.WriteAsync(true, stop);
            try
            {
                if (ReferenceEquals(_process, process))
                    return await process.Exited;
                process = _process!;
                _replaced = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
            finally
            {
                _turn.Reader.TryRead(out _);
            }
        }
    }

    private ChildProcess Launch(Action<string> onLine, params string[] more)
    {
        string file = Path.Combine(directory, "bootstrap.pb");

        // People read the JSON; the proxy reads the same as bytes, which spares it megabytes of schemas.
        if (!_isWritten)
        {
            StateDirectory.WritePrivate(Path.ChangeExtension(file, ".json"), bootstrap.Render(), place.ProxyUser);
            StateDirectory.WritePrivate(file, bootstrap.RenderBytes(), place.ProxyUser);
        }

        _isWritten = true;

        // Nobody watches the readiness of these proxies from outside: they need not serve on while it fails.
        string[] command = [environment.ProxyProgram, "-c", file, "--concurrency", environment.ProxyConcurrency.ToString(CultureInfo.InvariantCulture), "--drain-notice-s", "0", .. more];
        return ChildProcess.Start(
            new LaunchRequest
            {
                Command = command,
                WorkingDirectory = directory,
                Wrapper = place.ProxyWrapper,
                OnLine = line =>
                {
                    onLine(line);
                    environment.Logs.Write(_workload.Name, "proxy", line);
                },
            },
            environment.Guard,
            environment.Clock);
    }

    private async Task RetireAsync(ChildProcess old)
    {
        await Task.WhenAny(old.Exited, Task.Delay(RetirementGrace, environment.Clock, _stop));
        await old.StopAsync(Grace);
    }

    /// <summary>How many processes there were before the one that answers at the admin address; −1 when nobody does.</summary>
    private async Task<int> EpochAsync(CancellationToken stop)
    {
        if (await place.Probe.ReadAsync(Admin("/server_info"), ProbeDeadline, stop) is not { } text)
            return -1;
        try
        {
            using JsonDocument info = JsonDocument.Parse(text);
            return info.RootElement.GetProperty("command_line_options").GetProperty("restart_epoch").GetInt32();
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return -1;
        }
    }

    private Uri Admin(string page) => new($"http://{bootstrap.AdminAddress}:{ProxyBootstrap.AdminPort}{page}");
}
