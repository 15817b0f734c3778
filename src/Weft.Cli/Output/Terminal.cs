using System.Text;

namespace Weft.Cli.Output;

/// <summary>
/// Where a command writes: results to <see cref="Out"/>, everything else (progress, logs, errors) to <see cref="Error"/>.
/// Colours and cursor movement appear only on a terminal and only without <c>NO_COLOR</c> (https://no-color.org) and
/// <c>TERM=dumb</c>. Writers are synchronized, so any thread may write whole lines.
/// </summary>
public sealed class Terminal
{
    private static readonly string[] ServiceColours = ["36", "33", "35", "32", "34", "96", "93", "95", "92", "94"];
    private readonly bool _outColours;
    private readonly bool _errorColours;

    /// <summary>A terminal over any pair of writers; tests pass string writers.</summary>
    public Terminal(TextWriter output, TextWriter error, bool outColours = false, bool errorColours = false)
    {
        Out = TextWriter.Synchronized(output);
        Error = TextWriter.Synchronized(error);
        _outColours = outColours;
        _errorColours = errorColours;
    }

    /// <summary>Results.</summary>
    public TextWriter Out { get; }

    /// <summary>Progress, logs and errors.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether stderr is a terminal that a spinner may move on.</summary>
    public bool IsInteractive => _errorColours;

    /// <summary>This process's stdout and stderr.</summary>
    public static Terminal OfProcess()
    {
        bool plain = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            || Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb";
        UTF8Encoding utf8 = new(encoderShouldEmitUTF8Identifier: false);
        StreamWriter output = new(Console.OpenStandardOutput(), utf8, 4096) { AutoFlush = true };
        StreamWriter error = new(Console.OpenStandardError(), utf8, 4096) { AutoFlush = true };
        return new Terminal(output, error, !plain && !Console.IsOutputRedirected, !plain && !Console.IsErrorRedirected);
    }

    /// <summary>Text for <see cref="Out"/> in the colour of its meaning.</summary>
    public string ForOut(Tone tone, string text) => _outColours ? Paint(tone, text) : text;

    /// <summary>Text for <see cref="Error"/> in the colour of its meaning.</summary>
    public string ForError(Tone tone, string text) => _errorColours ? Paint(tone, text) : text;

    /// <summary>Text for <see cref="Out"/> in one of ten colours, always the same for the same ordinal.</summary>
    public string ForService(int ordinal, string text) =>
        _outColours ? $"\e[{ServiceColours[ordinal % ServiceColours.Length]}m{text}\e[0m" : text;

    /// <summary>One line of progress: a mark, what it is about, what there is to say.</summary>
    public void Step(Tone tone, string subject, string text)
    {
        string mark = tone switch { Tone.Good => "✔", Tone.Bad => "✗", Tone.Warning => "!", _ => "·" };
        Error.WriteLine($"{ForError(tone, mark)} {ForError(Tone.Strong, subject.PadRight(20))} {text}".TrimEnd());
    }

    /// <summary>A complaint: <c>weft: </c> and a sentence.</summary>
    public void Complain(string sentence) => Error.WriteLine($"{ForError(Tone.Bad, "weft:")} {sentence}");

    private static string Paint(Tone tone, string text) => tone switch
    {
        Tone.Good => $"\e[32m{text}\e[0m",
        Tone.Bad => $"\e[31m{text}\e[0m",
        Tone.Warning => $"\e[33m{text}\e[0m",
        Tone.Faint => $"\e[2m{text}\e[0m",
        Tone.Strong => $"\e[1m{text}\e[0m",
        Tone.Accent => $"\e[36m{text}\e[0m",
        _ => text,
    };
}
