namespace Weft.Proxy.Model;

/// <summary>One access log of a listener or terminal: where it goes and how a line looks.</summary>
public sealed class AccessLogModel
{
    /// <summary>A file's path; <c>/dev/stdout</c> and <c>/dev/stderr</c> are the process's streams.</summary>
    public required string Path { get; init; }

    /// <summary>The format with <c>%OPERATORS%</c>; null means Istio's default text format.</summary>
    public string? TextFormat { get; init; }

    /// <summary>JSON format: the canonical JSON of the format's structure; null when the log is text.</summary>
    public string? JsonFormat { get; init; }

    /// <summary>Text mode: leave out what is unknown instead of writing <c>-</c>.</summary>
    public bool OmitEmptyValues { get; init; }

    /// <summary>Log only exchanges that carry one of these response flags; empty logs all.</summary>
    public IReadOnlyList<string> ResponseFlags { get; init; } = [];
}
