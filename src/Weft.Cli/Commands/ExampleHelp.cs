using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Weft.Cli.Commands;

/// <summary>The help of System.CommandLine with the command's examples in front of it.</summary>
internal sealed class ExampleHelp(HelpAction help, IReadOnlyList<string> rootExamples) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        TextWriter output = parseResult.InvocationConfiguration.Output;
        Command command = parseResult.CommandResult.Command;
        IReadOnlyList<string> examples = command is ExampleCommand own ? own.Examples : command is RootCommand ? rootExamples : [];
        if (examples.Count > 0)
        {
            output.WriteLine("Examples:");
            foreach (string example in examples)
                output.WriteLine($"  {example}");
            output.WriteLine();
        }

        return help.Invoke(parseResult);
    }
}
