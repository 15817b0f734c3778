using Weft.Resources;

namespace Weft.Control.Hosting;

/// <summary>Reports each error once, when it appears, and says so when the last one is gone. Calls come one at a time.</summary>
internal sealed class FindingLog(Action<string> report)
{
    private HashSet<string> _known = [];

    /// <summary>Takes all findings of the newest reading.</summary>
    public void Write(IEnumerable<Diagnostic> findings)
    {
        HashSet<string> now = [.. findings.Where(finding => finding.Level == DiagnosticLevel.Error).Select(finding => finding.ToString())];
        foreach (string text in now.Except(_known).Order(StringComparer.Ordinal))
            report(text);
        if (now.Count == 0 && _known.Count > 0)
            report("The configuration has no errors any more; all of it is in force.");
        _known = now;
    }
}
