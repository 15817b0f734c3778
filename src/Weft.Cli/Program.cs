using Weft.Cli;
using Weft.Cli.Commands;
using Weft.Cli.Output;

return await WeftCommandLine.RunAsync(args, new CommandContext { Terminal = Terminal.OfProcess() });
