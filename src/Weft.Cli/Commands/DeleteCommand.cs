using System.CommandLine;
using Weft.Cli.Store;
using Weft.Resources;

namespace Weft.Cli.Commands;

/// <summary><c>weft delete KIND NAME</c> or <c>weft delete -f FILE</c>. Exit 1 when something to delete is not there.</summary>
internal static class DeleteCommand
{
    public static Command Create(CommandContext context)
    {
        Argument<string?> kind = new("KIND") { Arity = ArgumentArity.ZeroOrOne, Description = "A kind, its plural or short name." };
        Argument<string[]> names = new("NAME") { Arity = ArgumentArity.ZeroOrMore, Description = "The objects." };
        Option<string[]> files = new("--filename", "-f") { Description = "Delete the objects that these files name.", HelpName = "FILE" };
        Option<string?> ns = CommonOptions.Namespace();
        MeshLocation location = new(context);
        ExampleCommand command = new(
            "delete",
            "Remove objects from the mesh's configuration.",
            "weft delete virtualservice reviews",
            "weft delete vs,dr reviews",
            "weft delete -f canary.yaml")
        {
            kind, names, files, ns,
        };
        location.AddTo(command);
        command.SetAction(parsed =>
        {
            List<ResourceKey> keys = parsed.GetValue(files) is { Length: > 0 } given
                ? FromFiles(context, given)
                : FromNames(parsed.GetValue(kind), parsed.GetValue(names)!, parsed.GetValue(ns) ?? "default");
            return Run(context, location.Open(parsed), keys);
        });
        return command;
    }

    private static int Run(CommandContext context, ResourceStore store, List<ResourceKey> keys)
    {
        int code = ExitCode.Ok;
        foreach (ResourceKey key in keys)
        {
            if (store.Delete(key))
            {
                context.Terminal.Out.WriteLine($"{KindArgument.Display(key)} deleted");
                continue;
            }

            context.Terminal.Complain($"There is no {key.Kind} '{key.Name}'{(key.Namespace.Length > 0 ? $" in namespace {key.Namespace}" : "")}.");
            code = ExitCode.Problems;
        }

        return code;
    }

    private static List<ResourceKey> FromFiles(CommandContext context, string[] files)
    {
        InputFiles input = new(context);
        List<ResourceKey> keys = [.. input.Read(files).SelectMany(result => result.Objects).Select(item => item.Key)];
        return input.Unreadable.Count == 0 ? keys : throw new CliException(input.Unreadable[0]);
    }

    private static List<ResourceKey> FromNames(string? kinds, string[] names, string ns)
    {
        if (kinds is null || names.Length == 0)
            throw new CliException("Say what to delete: 'weft delete KIND NAME' or 'weft delete -f FILE'.");
        return [.. kinds.Split(',').Select(KindArgument.Find).SelectMany(kind => names.Select(name => new ResourceKey(kind.Group, kind.Name, kind.IsNamespaced ? ns : "", name)))];
    }
}
