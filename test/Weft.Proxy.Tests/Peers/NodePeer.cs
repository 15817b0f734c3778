using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;

namespace Weft.Proxy.Tests.Peers;

/// <summary>A program on Node with the packages of <c>eng/node-peers</c>, which takes and gives a JSON object a line.</summary>
internal sealed class NodePeer : IDisposable
{
    /// <summary>Node takes seconds to start on a machine that has much to do.</summary>
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly Channel<JsonElement> _said = Channel.CreateBounded<JsonElement>(10_000);

    private NodePeer(Process process) => _process = process;

    private static string Packages => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "weft/node-peers/node_modules");

    /// <summary>Starts a script of this folder and waits for its first line.</summary>
    public static async Task<(NodePeer Peer, JsonElement First)> StartAsync(string script, params string[] arguments)
    {
        Assert.True(Directory.Exists(Packages), $"{Packages} is missing: run eng/install-tools.sh test.");
        ProcessStartInfo start = new("node", [Path.Combine(AppContext.BaseDirectory, "Peers", script), .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["NODE_PATH"] = Packages;
        NodePeer peer = new(Process.Start(start)!);
        _ = peer.ReadAsync();
        return (peer, await peer.NextAsync());
    }

    /// <summary>Tells it something.</summary>
    public async Task SendAsync(object task)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(task));
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>The next thing that it says.</summary>
    public Task<JsonElement> NextAsync() => _said.Reader.ReadAsync().AsTask().WaitAsync(s_deadline);

    /// <summary>Tells it something and waits for the answer.</summary>
    public async Task<JsonElement> AskAsync(object task)
    {
        await SendAsync(task);
        return await NextAsync();
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line) await _said.Writer.WriteAsync(JsonSerializer.Deserialize<JsonElement>(line));
        _said.Writer.TryComplete();
    }
}
