using Weft.Resources.Diagnostics;

namespace Weft.Resources.Yaml;

/// <summary>A key that stands twice in one mapping. Kept with its document until it is known which object that is.</summary>
internal readonly record struct DuplicateKey(SourcePosition At, string Key, int FirstLine)
{
    public void Report(DiagnosticSink sink) => sink.Report(
        ReadingDiagnostics.DuplicateKey, At, $"The key \"{Key}\" is written twice in one mapping; the first is on line {FirstLine}.",
        "Remove one of them, or join their values under one key.");
}
