using System.ComponentModel;
using System.Diagnostics;

namespace Weft.Cli.Supervision;

/// <summary>
/// A running program in its own session and process group, so that a signal reaches whatever it started as well and a
/// Ctrl-C in the terminal reaches only the supervisor. The <see cref="ProcessGuard"/> knows the group from its first moment
/// to its last, and ends it when the supervisor dies without a word.
/// </summary>
public sealed class ChildProcess : IAsyncDisposable
{
    // A program may write one endless line; a longer line than this is handed on in pieces.
    private const int MaximumLineCharacters = 16 * 1024;

    private readonly Process _process;
    private readonly ProcessGuard _guard;
    private readonly TimeProvider _clock;

    private ChildProcess(Process process, ProcessGuard guard, TimeProvider clock, Action<string> onLine)
    {
        _process = process;
        _guard = guard;
        _clock = clock;
        Id = process.Id;
        guard.Add(Id);
        Task output = PumpAsync(process.StandardOutput, onLine);
        Task error = PumpAsync(process.StandardError, onLine);
        Exited = WatchAsync(output, error);
    }

    /// <summary>The process id, which is also the id of its group.</summary>
    public int Id { get; }

    /// <summary>Completes with the exit code (128 + signal for a signalled process) after its last line was handed on.</summary>
    public Task<int> Exited { get; }

    /// <summary>Starts a program; throws <see cref="CliException"/> when it cannot be started.</summary>
    public static ChildProcess Start(LaunchRequest request, ProcessGuard guard, TimeProvider clock)
    {
        string program = request.Command[0];
        if (!Directory.Exists(request.WorkingDirectory))
            throw new CliException($"'{program}' cannot start in {request.WorkingDirectory}: there is no such directory.");
        if (FindProgram(program, request) is null)
            throw new CliException($"'{program}' cannot be started: there is no such program on the PATH or below {request.WorkingDirectory}.");

        ProcessStartInfo start = new("setsid")
        {
            WorkingDirectory = request.WorkingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string part in request.Wrapper.Concat(request.Command))
            start.ArgumentList.Add(part);
        foreach ((string name, string? value) in request.Environment)
            start.Environment[name] = value;

        try
        {
            Process process = Process.Start(start) ?? throw new CliException($"'{program}' cannot be started.");
            process.StandardInput.Close();
            return new ChildProcess(process, guard, clock, request.OnLine);
        }
        catch (Win32Exception error)
        {
            throw new CliException($"'{program}' cannot be started: {error.Message}.", inner: error);
        }
    }

    /// <summary>Sends a signal to the process and all that it started.</summary>
    public void Signal(int signal)
    {
        // In its first moment, before setsid has run, the process is in no group of its own and has started nothing yet.
        if (!Signals.SendToGroup(Id, signal) && !_process.HasExited)
            Signals.Send(Id, signal);
    }

    /// <summary>Asks the group to end, and ends it by force when it is still there after <paramref name="grace"/>.</summary>
    public async Task StopAsync(TimeSpan grace, int signal = Signals.Terminate)
    {
        Signal(signal);
        try
        {
            await Exited.WaitAsync(grace, _clock);
        }
        catch (TimeoutException)
        {
            Signal(Signals.Kill);
            await Exited;
        }

        // What the process started and left behind in its group ends with it.
        Signal(Signals.Kill);
    }

    /// <summary>Ends the group by force.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero, Signals.Kill);
        _process.Dispose();
    }

    private static string? FindProgram(string program, LaunchRequest request)
    {
        if (program.Contains('/', StringComparison.Ordinal))
        {
            string path = Path.GetFullPath(program, request.WorkingDirectory);
            return File.Exists(path) ? path : null;
        }

        string? search = request.Environment.TryGetValue("PATH", out string? own) ? own : Environment.GetEnvironmentVariable("PATH");
        return (search ?? "/usr/local/bin:/usr/bin:/bin").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
    }

    private static async Task PumpAsync(StreamReader reader, Action<string> onLine)
    {
        char[] buffer = new char[4096];
        System.Text.StringBuilder line = new();
        try
        {
            while (await reader.ReadAsync(buffer) is int count and > 0)
            {
                foreach (char character in buffer.AsSpan(0, count))
                {
                    if (character != '\n')
                        line.Append(character);
                    if (character == '\n' || line.Length >= MaximumLineCharacters)
                    {
                        onLine(line.ToString().TrimEnd('\r'));
                        line.Clear();
                    }
                }
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // The pipe ended with the process.
        }

        if (line.Length > 0)
            onLine(line.ToString().TrimEnd('\r'));
    }

    private async Task<int> WatchAsync(Task output, Task error)
    {
        await _process.WaitForExitAsync();
        _guard.Remove(Id);

        // A grandchild may hold the pipes open for as long as it lives: the exit is reported without waiting for it.
        await Task.WhenAny(Task.WhenAll(output, error), Task.Delay(TimeSpan.FromMilliseconds(250), _clock));
        return _process.ExitCode;
    }
}
