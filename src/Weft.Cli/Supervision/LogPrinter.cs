using Weft.Cli.Output;

namespace Weft.Cli.Supervision;

/// <summary>Writes the programs' lines as they come: the workload in its own colour, a bar, the line.</summary>
public sealed class LogPrinter(Terminal terminal, LogHub logs)
{
    private readonly Dictionary<string, int> _ordinals = [];
    private int _width = 12;

    /// <summary>Prints until cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            await foreach (LogLine line in logs.FollowAsync(0, static (source, part) => part == "app" && source != ControlPlaneRunner.Source, stop))
                Print(line);
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    /// <summary>Prints one line; not thread-safe.</summary>
    public void Print(LogLine line)
    {
        string name = line.Part == "app" ? line.Source : $"{line.Source} ({line.Part})";
        if (!_ordinals.TryGetValue(line.Source, out int ordinal))
            _ordinals.Add(line.Source, ordinal = _ordinals.Count);
        _width = Math.Max(_width, name.Length);
        terminal.Out.WriteLine($"{terminal.ForService(ordinal, name.PadRight(_width))} {terminal.ForOut(Tone.Faint, "│")} {line.Text}");
    }
}
