using System.CommandLine;
using Weft.Cli.Output;
using Weft.Cli.Store;
using Weft.Resources;

namespace Weft.Cli.Commands;

/// <summary><c>weft apply -f FILE…</c>: validates everything first; with one error nothing is written, and the exit code is 1.</summary>
internal static class ApplyCommand
{
    public static Command Create(CommandContext context)
    {
        Option<string[]> files = new("--filename", "-f") { Description = "Files or directories of YAML or JSON; - is stdin.", HelpName = "FILE", Required = true };
        MeshLocation location = new(context);
        ExampleCommand command = new(
            "apply",
            "Write objects into the mesh's configuration; the mesh follows within a second.",
            "weft apply -f canary.yaml",
            "weft get vs reviews -o yaml | sed s/50/100/ | weft apply -f -")
        {
            files,
        };
        location.AddTo(command);
        command.SetAction(parsed => Run(context, location.Open(parsed), parsed.GetValue(files)!));
        return command;
    }

    private static int Run(CommandContext context, ResourceStore store, string[] names)
    {
        InputFiles input = new(context);
        List<(ResourceObject Object, string Text)> wanted = [];
        bool failed = false;
        foreach ((string name, string text) in input.ReadText(names))
        {
            ReadResult result = ResourceReader.Read(text, name);
            foreach (Diagnostic finding in result.Diagnostics)
                context.Terminal.Error.WriteLine(DiagnosticText.Of(finding, context.Terminal.ForError));
            failed |= result.HasErrors;
            wanted.AddRange(WithText(result, text));
        }

        if (input.Unreadable.Count > 0)
            throw new CliException(input.Unreadable[0]);
        if (failed)
        {
            context.Terminal.Complain("Nothing was applied.");
            return ExitCode.Problems;
        }

        if (wanted.Count == 0)
            throw new CliException($"There is no object in {string.Join(", ", names)}.");
        foreach ((ResourceObject item, string text) in wanted)
            context.Terminal.Out.WriteLine($"{KindArgument.Display(item.Key)} {store.Apply(item, text).ToString().ToLowerInvariant()}");
        return ExitCode.Ok;
    }

    // An object keeps the text of its document; objects of a list are written out one by one.
    private static IEnumerable<(ResourceObject, string)> WithText(ReadResult result, string text)
    {
        DocumentText documents = new(text);
        foreach (ResourceObject item in result.Objects)
        {
            string document = documents.At(item.Line);
            if (item.Column == 1 && ResourceReader.Read(document).Objects.Count == 1)
            {
                yield return (item, document);
                continue;
            }

            using StringWriter written = new();
            Structured.WriteYaml(written, NodeTree.Of(item.Root));
            yield return (item, written.ToString());
        }
    }
}
