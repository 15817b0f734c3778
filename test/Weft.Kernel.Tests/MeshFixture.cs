using System.Diagnostics;
using System.Net;
using Weft.Kernel.Namespaces;

namespace Weft.Kernel.Tests;

/// <summary>A mesh network with two workloads, made for one test and removed after it.</summary>
internal sealed class MeshFixture : IAsyncDisposable
{
    private static int s_number;

    private MeshFixture(MeshNetwork mesh) => Mesh = mesh;

    internal MeshNetwork Mesh { get; }

    internal string Client => Mesh.WorkloadNamespace("client");

    internal string Server => Mesh.WorkloadNamespace("server");

    internal IPAddress ClientAddress => Mesh.Address(2);

    internal IPAddress ServerAddress => Mesh.Address(3);

    internal static async Task<MeshFixture> CreateAsync()
    {
        int number = Interlocked.Increment(ref s_number);
        // Of the range for benchmarks (RFC 2544), which no machine's real network uses; a part of its own for each test.
        MeshFixture fixture = new(new MeshNetwork($"t{Environment.ProcessId}-{number}", new IPNetwork(new IPAddress([198, 18, (byte)number, 0]), 24)));
        await NetworkNamespaces.CreateAsync(fixture.Mesh);
        await NetworkNamespaces.AddWorkloadAsync(fixture.Mesh, "client", fixture.ClientAddress);
        await NetworkNamespaces.AddWorkloadAsync(fixture.Mesh, "server", fixture.ServerAddress);
        return fixture;
    }

    /// <summary>Starts a Python program in a namespace, as root or as the proxy's user, and waits for its first line, which says that it listens.</summary>
    internal static async Task<Process> StartAsync(string space, uint userId, string program, params string[] arguments)
    {
        Process process = Launch(space, userId, program, arguments);
        Assert.Equal("ready", await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)));
        return process;
    }

    /// <summary>Runs a Python program to its end and returns what it wrote.</summary>
    internal static async Task<string> RunAsync(string space, uint userId, string program, params string[] arguments)
    {
        using Process process = Launch(space, userId, program, arguments);
        string output = await process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20));
        string errors = await process.StandardError.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20));
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
        return (output + errors).Trim();
    }

    /// <summary>Runs a Python program behind a command prefix.</summary>
    internal static async Task<string> RunPrefixedAsync(string[] prefix, string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(prefix[0], [.. prefix[1..], "/usr/bin/python3", "-c", program, .. arguments]) { RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20));
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
        return output.Trim();
    }

    internal static async Task<string> ShellAsync(string command)
    {
        using Process process = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20));
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
        return output;
    }

    public async ValueTask DisposeAsync() => await NetworkNamespaces.RemoveAsync(Mesh);

    private static Process Launch(string space, uint userId, string program, string[] arguments)
    {
        string user = userId.ToString(System.Globalization.CultureInfo.InvariantCulture);
        ProcessStartInfo start = new("ip", ["netns", "exec", space, "setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--", "/usr/bin/python3", "-c", program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }
}
