using System.Diagnostics;

namespace Weft.Proxy.Tests.Hosting;

/// <summary>The NativeAOT program <c>weft-proxy</c> of this checkout, built by its launcher when it is not current.</summary>
public sealed class WeftProxyProgram : IAsyncLifetime
{
    public const string Collection = "weft-proxy";

    // NativeAOT on two busy cores.
    private static readonly TimeSpan s_buildDeadline = TimeSpan.FromMinutes(15);

    /// <summary>The program.</summary>
    public string Path { get; } = System.IO.Path.Combine(Checkout(), "artifacts", "weft-proxy", "weft-proxy");

    public async ValueTask InitializeAsync()
    {
        using Process build = Process.Start(new ProcessStartInfo(System.IO.Path.Combine(Checkout(), "weft"), ["version"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        using CancellationTokenSource limit = new(s_buildDeadline);
        Task<string> output = build.StandardOutput.ReadToEndAsync(limit.Token), error = build.StandardError.ReadToEndAsync(limit.Token);
        await build.WaitForExitAsync(limit.Token);
        Assert.True(build.ExitCode == 0, $"./weft version ended with {build.ExitCode}:\n{await output}{await error}");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static string Checkout()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Weft.slnx"))) return folder.FullName;
        }

        throw new InvalidOperationException("No folder above the test binaries holds Weft.slnx.");
    }
}

/// <summary>Tests that run the program, one class at a time.</summary>
[CollectionDefinition(WeftProxyProgram.Collection)]
public sealed class WeftProxyTests : ICollectionFixture<WeftProxyProgram>;
