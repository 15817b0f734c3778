using System.Globalization;

namespace Weft.Cli.Supervision;

/// <summary>
/// Keeps the control plane running as a process of its own, so that proxies and programs live on when it dies. It reads the
/// registrations that <see cref="ControlPlaneClient"/> keeps in a file before it serves, so proxies that reconnect to it
/// see the endpoints that they had.
/// </summary>
public sealed class ControlPlaneRunner(MeshSettings settings, ControlPlaneEndpoints endpoints, ControlPlaneClient client, ProcessGuard guard, LogHub logs)
{
    /// <summary>The name of its lines in the log.</summary>
    public const string Source = "control-plane";

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    // The control plane knows the mesh's own authority only and calls nobody. Told nothing, the framework reads every authority that the machine trusts before it
    // serves its first handshake, and while it does the proxies wait.
    private static readonly Dictionary<string, string?> NoForeignAuthorities = new() { ["SSL_CERT_FILE"] = "/dev/null", ["SSL_CERT_DIR"] = "/dev/null" };
    private readonly TaskCompletionSource _firstReady = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ChildProcess? _process;

    /// <summary>Completes when it serves for the first time; fails when it ends before that.</summary>
    public Task FirstReady => _firstReady.Task;

    /// <summary>Whether it serves now.</summary>
    public bool IsReady { get; private set; }

    /// <summary>How often it was started again.</summary>
    public int Restarts { get; private set; }

    /// <summary>What <c>weft status</c> shows.</summary>
    public ControlPlaneReport Report() => new(
        $"{endpoints.Address}:{endpoints.DiscoveryPort}", IsReady, _process is { Exited.IsCompleted: false } running ? running.Id : null, Restarts);

    /// <summary>Runs until cancelled; then the process has ended.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        Backoff backoff = default;
        try
        {
            while (true)
            {
                long started = settings.Clock.GetTimestamp();
                int code = await RunOnceAsync(stop);
                if (!_firstReady.Task.IsCompleted)
                {
                    string last = string.Join('\n', logs.Last(20, (source, _) => source == Source).Select(line => "    " + line.Text));
                    _firstReady.TrySetException(new CliException($"The control plane ended with {ExitText.Of(code)} before it served:\n{last}"));
                    return;
                }

                TimeSpan pause = backoff.Next(settings.Clock.GetElapsedTime(started));
                Restarts++;
                settings.Terminal.Step(Output.Tone.Bad, "control plane", $"ended with {ExitText.Of(code)}; starting it again in {pause.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s");
                await Task.Delay(pause, settings.Clock, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopping.
        }
        finally
        {
            IsReady = false;
            _firstReady.TrySetCanceled(CancellationToken.None);
            if (_process is { } process)
                await process.StopAsync(Grace);
        }
    }

    private async Task<int> RunOnceAsync(CancellationToken stop)
    {
        _process = ChildProcess.Start(
            new LaunchRequest
            {
                Command =
                [
                    settings.WeftProgram, "control-plane", "--state", settings.State.Path, "--directory", settings.Directory, "--address", endpoints.Address,
                    "--discovery-port", endpoints.DiscoveryPort.ToString(CultureInfo.InvariantCulture),
                    "--secure-port", endpoints.SecurePort.ToString(CultureInfo.InvariantCulture),
                ],
                WorkingDirectory = settings.State.Path,
                Environment = NoForeignAuthorities,
                OnLine = line => logs.Write(Source, "app", line),
            },
            guard,
            settings.Clock);
        Task<int> exited = _process.Exited;
        if (await Polling.UntilAsync(client.IsReadyAsync, exited, settings.Clock, stop))
        {
            IsReady = true;
            if (Restarts > 0)
                settings.Terminal.Step(Output.Tone.Good, "control plane", "serves again");
            _firstReady.TrySetResult();
        }

        int code = await exited.WaitAsync(stop);
        IsReady = false;
        return code;
    }
}
