using System.Diagnostics;
using System.Globalization;

namespace Weft.Cli.Supervision;

/// <summary>
/// A shell that reads the groups of living children from a pipe. When the supervisor ends in whatever way, kill -9
/// included, the pipe ends, and the guard ends every group that is still there (after three seconds by force), and runs the clean-up commands. It lives in
/// its own session and ignores Ctrl-C. A child that was started a moment ago has no group yet, until its setsid has run: then the process itself is meant. Thread-safe.
/// </summary>
public sealed class ProcessGuard : IAsyncDisposable
{
    private const string Script = """
        trap '' INT TERM HUP QUIT
        send() { kill -"$1" -"$2" 2>/dev/null || kill -"$1" "$2" 2>/dev/null; }
        groups=' '
        cleanup=''
        while read -r what value; do
          case "$what" in
            +) groups="$groups$value " ;;
            -) groups="${groups%% $value *} ${groups#* $value }" ;;
            at-end) cleanup="$cleanup$value
        " ;;
            dismiss) exit 0 ;;
          esac
        done
        for group in $groups; do send TERM "$group"; done
        for tenth in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
          alive=''
          for group in $groups; do send 0 "$group" && alive=yes; done
          [ -n "$alive" ] || break
          sleep 0.1
        done
        for group in $groups; do send KILL "$group"; done
        eval "$cleanup"
        """;

    private readonly Process _shell;
    private readonly Lock _lock = new();
    private readonly HashSet<int> _groups = [];

    private ProcessGuard(Process shell) => _shell = shell;

    /// <summary>Starts the guard.</summary>
    public static ProcessGuard Start()
    {
        ProcessStartInfo start = new("setsid") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string part in (string[])["sh", "-c", Script, "weft-guard"])
            start.ArgumentList.Add(part);
        Process shell = Process.Start(start) ?? throw new CliException("The guard of child processes (setsid sh) cannot be started.");
        shell.StandardInput.AutoFlush = true;
        return new ProcessGuard(shell);
    }

    /// <summary>The guard's own process.</summary>
    public int Id => _shell.Id;

    /// <summary>The group lives from now on.</summary>
    public void Add(int group)
    {
        lock (_lock)
        {
            if (_groups.Add(group))
                Tell("+", group.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The group has ended.</summary>
    public void Remove(int group)
    {
        lock (_lock)
        {
            if (_groups.Remove(group))
                Tell("-", group.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>A shell command of one line to run should the supervisor die.</summary>
    public void AtEnd(string command)
    {
        lock (_lock)
            Tell("at-end", command);
    }

    /// <summary>Dismisses the guard when everything has ended in order; what an error left behind it ends before it goes.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_groups.Count == 0)
                Tell("dismiss", "");
            else
                _shell.StandardInput.Close();
        }

        await _shell.WaitForExitAsync();
        _shell.Dispose();
    }

    private void Tell(string what, string value)
    {
        try
        {
            _shell.StandardInput.Write($"{what} {value}\n");
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The guard was killed from outside; the children still end when the supervisor ends in order.
        }
    }
}
