using System.Diagnostics;

namespace Weft.Mesh.Tests;

/// <summary>The launcher <c>./weft</c> of this checkout, with everything built: the tests run what a user runs.</summary>
public sealed class WeftInstallation : IAsyncLifetime
{
    // NativeAOT on two busy cores.
    private static readonly TimeSpan BuildDeadline = TimeSpan.FromMinutes(15);

    /// <summary>The checkout's root.</summary>
    public static string Checkout { get; } = Find();

    /// <summary>The launcher.</summary>
    public static string Launcher => Path.Combine(Checkout, "weft");

    public async ValueTask InitializeAsync()
    {
        using Process build = Process.Start(new ProcessStartInfo(Launcher, ["version"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        using CancellationTokenSource limit = new(BuildDeadline);
        Task<string> output = build.StandardOutput.ReadToEndAsync(limit.Token), error = build.StandardError.ReadToEndAsync(limit.Token);
        await build.WaitForExitAsync(limit.Token);
        Assert.True(build.ExitCode == 0, $"./weft version ended with {build.ExitCode}:\n{await output}{await error}");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Weft.slnx")))
                return folder.FullName;
        }

        throw new InvalidOperationException("No folder above the test binaries holds Weft.slnx.");
    }
}
