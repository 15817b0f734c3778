using System.CommandLine;
using System.Text.Json.Nodes;
using Weft.Cli.Output;
using Weft.Resources;

namespace Weft.Cli.Commands;

/// <summary><c>weft get KIND [NAME]</c>, with kubectl's habits. Exit 1 when a named object is not there.</summary>
internal static class GetCommand
{
    public static Command Create(CommandContext context)
    {
        Argument<string> kind = new("KIND") { Description = "A kind, its plural or short name, or 'all'." };
        Argument<string[]> names = new("NAME") { Arity = ArgumentArity.ZeroOrMore, Description = "Only these objects." };
        Option<string?> ns = CommonOptions.Namespace("Only this namespace; 'default' when a name is given, else all.");
        Option<OutputFormat> output = CommonOptions.Output();
        MeshLocation location = new(context);
        ExampleCommand command = new(
            "get",
            "Show objects of the mesh's configuration.",
            "weft get virtualservices",
            "weft get vs reviews -o yaml",
            "weft get all --dir samples/bookshop/mesh")
        {
            kind, names, ns, output,
        };
        location.AddTo(command);
        command.SetAction(parsed =>
        {
            string word = parsed.GetValue(kind)!;
            KindDefinition? wanted = word.Equals("all", StringComparison.OrdinalIgnoreCase) ? null : KindArgument.Find(word);
            string? wantedNamespace = parsed.GetValue(ns) ?? (parsed.GetValue(names)!.Length > 0 ? "default" : null);
            List<ResourceObject> found = [.. location.Open(parsed).Read()
                .Where(item => (wanted is null || item.Definition == wanted) && (wantedNamespace is null || !item.Definition.IsNamespaced || item.Namespace == wantedNamespace))];
            return Show(context.Terminal, found, wanted, wantedNamespace, parsed.GetValue(names)!, parsed.GetValue(output));
        });
        return command;
    }

    private static int Show(Terminal terminal, List<ResourceObject> found, KindDefinition? kind, string? ns, string[] names, OutputFormat format)
    {
        List<ResourceObject> shown = names.Length == 0 ? found : [.. found.Where(item => names.Contains(item.Name))];
        List<string> missing = [.. names.Where(name => !shown.Exists(item => item.Name == name))];
        if (format != OutputFormat.Table)
        {
            JsonNode tree = names.Length == 1 && shown.Count == 1 ? Tree(shown[0])
                : new JsonObject { ["apiVersion"] = "v1", ["kind"] = "List", ["items"] = new JsonArray([.. shown.Select(Tree)]) };
            if (names.Length != 1 || shown.Count > 0)
                Structured.Write(terminal, format, tree);
        }
        else if (shown.Count > 0)
        {
            WriteTable(terminal, shown, kind is null);
        }
        else if (names.Length == 0)
        {
            terminal.Error.WriteLine($"There are no {kind?.Plural ?? "objects"}{(ns is null ? "" : $" in namespace {ns}")}.");
        }

        foreach (string name in missing)
            terminal.Complain($"There is no {kind?.Name ?? "object"} '{name}'{(ns is null ? "" : $" in namespace {ns}")}.");
        return missing.Count > 0 ? ExitCode.Problems : ExitCode.Ok;
    }

    private static void WriteTable(Terminal terminal, List<ResourceObject> shown, bool withKind)
    {
        Table table = new("NAMESPACE", "NAME", "STATE", "FILE");
        foreach (ResourceObject item in shown.OrderBy(item => item.Kind, StringComparer.Ordinal).ThenBy(item => item.Namespace, StringComparer.Ordinal).ThenBy(item => item.Name, StringComparer.Ordinal))
        {
            (string Text, Tone Tone) state = !item.IsValid ? ("refused", Tone.Bad) : item.Definition.IsEnforced ? ("accepted", Tone.Good) : ("not enforced", Tone.Warning);
            string file = item.File is null ? "" : $"{Path.GetRelativePath(Directory.GetCurrentDirectory(), item.File)}:{item.Line}";
            table.Add((item.Namespace, Tone.Plain), (withKind ? KindArgument.Display(item.Key) : item.Name, Tone.Strong), state, (file, Tone.Faint));
        }

        table.Write(terminal);
    }

    private static JsonNode Tree(ResourceObject item) => NodeTree.Of(item.Root) ?? new JsonObject();
}
