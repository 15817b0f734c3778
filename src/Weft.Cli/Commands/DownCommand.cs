using System.CommandLine;
using Weft.Cli.Client;
using Weft.Cli.Supervision;

namespace Weft.Cli.Commands;

/// <summary><c>weft down</c>: stops the running mesh and waits until nothing of it runs.</summary>
internal static class DownCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static Command Create(CommandContext context)
    {
        Option<string?> state = CommonOptions.State();
        ExampleCommand command = new("down", "Stop the running mesh.", "weft down") { state };
        command.SetAction(async (parsed, stop) =>
        {
            StateDirectory directory = StateDirectory.Locate(parsed.GetValue(state), context.Environment);
            directory.RequireRunning();
            MeshDescription? mesh = directory.Describe();
            using (SupervisorClient supervisor = new(directory))
                await supervisor.StopAsync(stop);
            long asked = context.Clock.GetTimestamp();
            while (directory.IsRunning())
            {
                if (context.Clock.GetElapsedTime(asked) > Patience)
                    throw new CliException($"The mesh did not stop within {Patience.TotalSeconds:0} s; its supervisor is process {mesh?.ProcessId}.", ExitCode.Problems);
                await Task.Delay(Pause, context.Clock, stop);
            }

            context.Terminal.Step(Output.Tone.Good, "mesh", "stopped");
            return ExitCode.Ok;
        });
        return command;
    }
}
