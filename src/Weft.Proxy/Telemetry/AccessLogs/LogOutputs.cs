namespace Weft.Proxy.Telemetry.AccessLogs;

/// <summary>The <see cref="LogOutput"/>s of a process by path; one that was made stays until the process ends.</summary>
internal sealed class LogOutputs(Action<string> log) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LogOutput> _outputs = new(StringComparer.Ordinal);

    /// <summary>Lines that were dropped, all outputs together.</summary>
    public long Dropped
    {
        get
        {
            lock (_lock)
                return _outputs.Values.Sum(output => output.Dropped);
        }
    }

    public LogOutput Get(string path)
    {
        lock (_lock)
        {
            if (!_outputs.TryGetValue(path, out LogOutput? output))
                _outputs.Add(path, output = new LogOutput(path, log));
            return output;
        }
    }

    /// <summary>Has all outputs write now.</summary>
    public void Wake()
    {
        lock (_lock)
        {
            foreach (LogOutput output in _outputs.Values) output.Wake();
        }
    }

    /// <summary>Opens all files anew.</summary>
    public void Reopen()
    {
        lock (_lock)
        {
            foreach (LogOutput output in _outputs.Values) output.Reopen();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (LogOutput output in _outputs.Values) output.Dispose();
            _outputs.Clear();
        }
    }
}
