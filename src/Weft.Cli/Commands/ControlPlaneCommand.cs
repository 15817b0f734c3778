using System.CommandLine;
using Weft.Cli.Supervision;
using Weft.Control.Hosting;
using Weft.Identity;

namespace Weft.Cli.Commands;

/// <summary>
/// The hidden command <c>weft control-plane</c>: the control plane as the process of its own that the supervisor starts. Serves
/// until SIGTERM. What a person should read goes to stdout, a line each; the supervisor keeps it.
/// </summary>
internal static class ControlPlaneCommand
{
    public static Command Create(CommandContext context)
    {
        Option<string> state = new("--state") { Required = true };
        Option<string> directory = new("--directory") { Required = true };
        Option<string> address = new("--address") { Required = true };
        Option<int> discovery = new("--discovery-port") { Required = true };
        Option<int> secure = new("--secure-port") { Required = true };
        Command command = new("control-plane", "Serve xDS, certificates and the local API; started by 'weft up'.") { state, directory, address, discovery, secure };
        command.Hidden = true;
        command.SetAction(async (parsed, stop) =>
        {
            StateDirectory files = StateDirectory.Locate(parsed.GetValue(state), context.Environment);
            return await ServeAsync(context, new ControlPlaneOptions
            {
                Directory = parsed.GetValue(directory)!,
                StateDirectory = files.ControlState,
                AdminSocket = files.ControlSocket,
                RegistrationsDirectory = files.Registrations,
                Address = parsed.GetValue(address)!,
                DiscoveryPort = parsed.GetValue(discovery),
                SecurePort = parsed.GetValue(secure),
            }, stop);
        });
        return command;
    }

    private static async Task<int> ServeAsync(CommandContext context, ControlPlaneOptions options, CancellationToken stop)
    {
        using StopSignals signals = new(static () => { }, stop);
        try
        {
            await using WeftControlPlane plane = await WeftControlPlane.StartAsync(options, context.Clock, context.Terminal.Out.WriteLine, signals.Token);
            context.Terminal.Out.WriteLine($"serves xDS at {options.Address}:{plane.DiscoveryPort}, certificates at {options.Address}:{plane.SecurePort}");
            await Task.WhenAny(Task.Delay(Timeout.InfiniteTimeSpan, context.Clock, signals.Token));
            return ExitCode.Ok;
        }
        catch (IdentityException error)
        {
            throw new CliException(error.Message, inner: error);
        }
    }
}
