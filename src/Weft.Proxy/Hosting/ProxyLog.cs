namespace Weft.Proxy.Hosting;

/// <summary>
/// What the proxy says to people: one line on standard error for each event, <c>2026-01-31T12:00:00.000Z info text</c>. Control characters in the text are replaced, so that
/// nobody's input can forge a line. Thread-safe.
/// </summary>
public sealed class ProxyLog
{
    private static readonly string[] Levels = ["error", "warning", "info", "debug"];
    private readonly Lock _lock = new();
    private readonly TextWriter _output;
    private readonly TimeProvider _time;
    private volatile int _level;

    /// <param name="output">Where lines go.</param>
    /// <param name="level">How much is said; one of <c>error</c>, <c>warning</c>, <c>info</c>, <c>debug</c>.</param>
    /// <param name="time">The clock of the lines.</param>
    public ProxyLog(TextWriter output, string level, TimeProvider time)
    {
        _output = output;
        _time = time;
        Level = level;
    }

    /// <summary>How much is said. An unknown word changes nothing.</summary>
    public string Level
    {
        get => Levels[_level];
        set
        {
            int index = Array.IndexOf(Levels, value);
            if (index >= 0) _level = index;
        }
    }

    public void Error(string text) => Write(0, text);

    public void Warning(string text) => Write(1, text);

    public void Info(string text) => Write(2, text);

    public void Debug(string text) => Write(3, text);

    private void Write(int level, string text)
    {
        if (level > _level) return;
        string safe = string.Create(text.Length, text, static (span, source) =>
        {
            for (int i = 0; i < span.Length; i++) span[i] = char.IsControl(source[i]) ? ' ' : source[i];
        });
        lock (_lock)
        {
            try
            {
                _output.WriteLine($"{_time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {Levels[level]} {safe}");
            }
            catch (IOException)
            {
                // Nobody reads the other end: saying nothing is better than dying of it.
            }
        }
    }
}
