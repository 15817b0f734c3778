using System.CommandLine;
using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Weft.Cli.Output;

namespace Weft.Cli.Commands;

/// <summary><c>weft version</c>: of this program and of the proxy beside it.</summary>
internal static class VersionCommand
{
    private static readonly TimeSpan ProxyDeadline = TimeSpan.FromSeconds(2);

    /// <summary>This program's version.</summary>
    public static string Own { get; } = typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    public static Command Create(CommandContext context)
    {
        Option<OutputFormat> output = CommonOptions.Output();
        ExampleCommand command = new("version", "Show the versions of weft and weft-proxy.", "weft version", "weft version -o json") { output };
        command.SetAction(async (parsed, stop) =>
        {
            string proxy = await ProxyVersionAsync(context, stop);
            OutputFormat format = parsed.GetValue(output);
            if (format == OutputFormat.Table)
                context.Terminal.Out.WriteLine($"weft        {Own}\nweft-proxy  {proxy}\nruntime     {RuntimeInformation.FrameworkDescription}");
            else
                Structured.Write(context.Terminal, format, new JsonObject { ["weft"] = Own, ["weftProxy"] = proxy, ["runtime"] = RuntimeInformation.FrameworkDescription });
            return ExitCode.Ok;
        });
        return command;
    }

    private static async Task<string> ProxyVersionAsync(CommandContext context, CancellationToken stop)
    {
        if (Installation.FindProxy(context) is not { } program)
            return "not found";
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, "--version") { RedirectStandardOutput = true, RedirectStandardError = true })!;
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
            limit.CancelAfter(ProxyDeadline);
            string text = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return text.Trim().Split('\n')[0].Replace("weft-proxy", "", StringComparison.Ordinal).Trim();
        }
        catch (Exception error) when (error is System.ComponentModel.Win32Exception or OperationCanceledException)
        {
            return $"cannot be asked: {error.Message}";
        }
    }
}
