using System.CommandLine;
using Weft.Cli.Output;
using Weft.Resources;
using Weft.Resources.Analysis;

namespace Weft.Cli.Commands;

/// <summary><c>weft validate</c>: judges each object by itself, without a mesh. Exit 0 without errors, 1 with, 2 when it could not run.</summary>
internal static class ValidateCommand
{
    public static Command Create(CommandContext context)
    {
        Argument<string[]> files = new("FILE") { Arity = ArgumentArity.OneOrMore, Description = "Files or directories of YAML or JSON; - is stdin." };
        Option<OutputFormat> output = CommonOptions.Output();
        ExampleCommand command = new(
            "validate",
            "Judge configuration files: each object by itself, with file, line, column and what to write instead.",
            "weft validate mesh/                       # every file of a directory",
            "weft validate gateway.yaml -o json        # one array of findings, and nothing else, on stdout",
            "kubectl get vs -o yaml | weft validate -")
        {
            files,
            output,
        };
        command.SetAction(parsed => Run(context, parsed.GetValue(files)!, parsed.GetValue(output)));
        return command;
    }

    private static int Run(CommandContext context, string[] names, OutputFormat format)
    {
        InputFiles files = new(context);
        List<ReadResult> results = [.. files.Read(names)];
        List<Diagnostic> findings = [.. results.SelectMany(result => result.Diagnostics.OrderBy(finding => finding.Line ?? 0).ThenBy(finding => finding.Column ?? 0))];
        // Files may be alternatives of each other; within one file two documents with one name are a mistake.
        findings.AddRange(results.SelectMany(result => Analyzer.FindDuplicates(result.Objects)));
        if (format == OutputFormat.Table)
            WriteText(context.Terminal, results.Sum(result => result.Objects.Count), findings);
        else
            Structured.Write(context.Terminal, format, DiagnosticJson.Of(findings));
        foreach (string unreadable in files.Unreadable)
            context.Terminal.Complain(unreadable);
        if (files.Unreadable.Count > 0)
            return ExitCode.CannotRun;
        return findings.Exists(finding => finding.Level == DiagnosticLevel.Error) ? ExitCode.Problems : ExitCode.Ok;
    }

    private static void WriteText(Terminal terminal, int objects, List<Diagnostic> findings)
    {
        foreach (Diagnostic finding in findings)
            terminal.Out.WriteLine(DiagnosticText.Of(finding, terminal.ForOut));
        int errors = findings.Count(finding => finding.Level == DiagnosticLevel.Error);
        int warnings = findings.Count(finding => finding.Level == DiagnosticLevel.Warning);
        string text = $"{Count(objects, "object")}, {Count(errors, "error")}, {Count(warnings, "warning")}";
        terminal.Out.WriteLine(terminal.ForOut(errors > 0 ? Tone.Bad : warnings > 0 ? Tone.Warning : Tone.Good, text));
    }

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";
}
