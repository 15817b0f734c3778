using System.ComponentModel;
using System.Diagnostics;

namespace Weft.Kernel;

/// <summary>Runs one of the kernel's command-line tools (<c>nft</c>, <c>ip</c>) to its end, with a deadline.</summary>
internal static class KernelCommand
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);

    /// <summary>Runs the tool; its standard output. Throws <see cref="KernelOperationException"/> when it is missing, refuses or does not end.</summary>
    internal static async Task<string> RunAsync(string program, IReadOnlyList<string> arguments, string input, string purpose, CancellationToken cancel)
    {
        (int exitCode, string output, string errors) = await TryRunAsync(program, arguments, input, purpose, cancel).ConfigureAwait(false);
        return exitCode == 0 ? output : throw new KernelOperationException($"{purpose} failed: {FirstLines(errors)} ({program} ended with {exitCode}).");
    }

    internal static async Task<(int ExitCode, string Output, string Errors)> TryRunAsync(string program, IReadOnlyList<string> arguments, string input, string purpose, CancellationToken cancel)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(s_deadline);
        using Process process = Start(start, purpose);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(deadline.Token), errors = process.StandardError.ReadToEndAsync(deadline.Token);
            try
            {
                await process.StandardInput.WriteAsync(input.AsMemory(), deadline.Token).ConfigureAwait(false);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended without reading all of its input; its exit code and its words say why.
            }

            await process.WaitForExitAsync(deadline.Token).ConfigureAwait(false);
            return (process.ExitCode, await output.ConfigureAwait(false), await errors.ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            process.Kill(entireProcessTree: true);
            throw new KernelOperationException($"{purpose} failed: '{program}' did not end within {s_deadline.TotalSeconds:0} s.");
        }
    }

    private static Process Start(ProcessStartInfo start, string purpose)
    {
        try
        {
            return Process.Start(start) ?? throw new KernelOperationException($"{purpose} failed: '{start.FileName}' could not be started.");
        }
        catch (Win32Exception failure)
        {
            throw new KernelOperationException($"{purpose} failed: '{start.FileName}' could not be started ({failure.Message}). Install it, on Debian: apt-get install nftables iproute2.", failure);
        }
    }

    private static string FirstLines(string text)
    {
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.Length == 0 ? "it gave no reason" : string.Join("; ", lines.Take(3));
    }
}
