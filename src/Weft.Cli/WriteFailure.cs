namespace Weft.Cli;

/// <summary>Turns a failure to write into the sentence that a person reads: which file, why, and what to do.</summary>
internal static class WriteFailure
{
    // errno(3): the framework hands these on as they are.
    private const int NoSpace = 28;
    private const int ReadOnly = 30;
    private const int OverQuota = 122;

    /// <summary>True when the place that was written to takes nothing more, whoever writes.</summary>
    public static bool IsOfPlace(Exception error) => error is IOException { HResult: NoSpace or ReadOnly or OverQuota };

    /// <summary>The sentence for one file, as an exception; <paramref name="after"/> says what else follows.</summary>
    public static CliException Of(string path, Exception error, string after = "") => new($"{path} cannot be written: {Cause(error)}{(after.Length > 0 ? " " : "")}{after}", inner: error);

    /// <summary>Cause and remedy; the framework's own words (which name the file) when neither is known.</summary>
    public static string Cause(Exception error) => error switch
    {
        IOException { HResult: NoSpace } => "the file system is full. Free some space there, or use another directory.",
        IOException { HResult: OverQuota } => "the disk quota is used up. Free some space there, or use another directory.",
        IOException { HResult: ReadOnly } => "the file system is read-only. Use another directory.",
        UnauthorizedAccessException => "permission is denied. Use a directory of your own.",
        _ => error.Message,
    };
}
