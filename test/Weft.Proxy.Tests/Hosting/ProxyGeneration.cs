using Weft.Proxy.Configuration;
using Weft.Proxy.Hosting;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Hosting;

/// <summary>One process of a proxy, as <c>weft-proxy</c> runs it, but inside of the test's process. The next one takes over from it like from any other.</summary>
internal sealed class ProxyGeneration : IAsyncDisposable
{
    private readonly StringWriter _said;

    private ProxyGeneration(ProxyProcess process, StringWriter said)
    {
        Process = process;
        _said = said;
    }

    public ProxyProcess Process { get; }

    public string Said
    {
        get
        {
            lock (_said) return _said.ToString();
        }
    }

    /// <summary>Starts one; when it takes over, it has done so when this returns.</summary>
    public static async Task<ProxyGeneration> StartAsync(
        string bootstrap, bool takesOver = false, int concurrency = 2, TimeSpan? drain = null, TimeSpan notice = default, TimeProvider? time = null, CancellationToken stop = default)
    {
        BootstrapResult result = BootstrapLoader.Parse("test.yaml", bootstrap, TimeProvider.System);
        Assert.True(result.Bootstrap is not null, string.Join('\n', result.Errors));
        StringWriter said = new();
        ProxyProcess process = new(
            new ProxyProcessOptions { BootstrapFile = "test.yaml", TakesOver = takesOver, Concurrency = concurrency, DrainTime = drain ?? ProxyUnderTest.Deadline, DrainNotice = notice },
            result.Bootstrap,
            new ProxyLog(TextWriter.Synchronized(said), "debug", TimeProvider.System),
            time ?? TimeProvider.System);
        try
        {
            await process.StartAsync(stop);
            return new ProxyGeneration(process, said);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>What it does when another one has taken over; true when it ended within its drain time.</summary>
    public async Task FinishAsync()
    {
        await Process.TakenOver.WaitAsync(ProxyUnderTest.Deadline);
        await Process.StopAsync();
        await Process.DisposeAsync();
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    /// <summary>An admin page of the proxy that serves at the port now.</summary>
    public static async Task<(int Status, string Body)> AskAsync(int port, string page, string method = "GET")
    {
        using RawClient client = await RawClient.ConnectAsync(port);
        await client.SendAsync($"{method} {page} HTTP/1.0\r\nHost: localhost\r\n\r\n");
        string text = (await client.ReadToEndAsync()).Text;
        return (int.Parse(text.AsSpan(9, 3)), text[(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
    }
}
