using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Http;

/// <summary>A server on Node's own HTTP parser that says which requests it saw whole, each before it answers it.</summary>
internal sealed class NodeWitness : IDisposable
{
    private const string Script = """
        const server = require('http').createServer((request, response) => {
          let bytes = 0;
          request.on('data', part => bytes += part.length);
          request.on('end', () => {
            if (!request.complete) return;
            process.stdout.write(JSON.stringify({ method: request.method, path: request.url, bytes }) + '\n', () => response.end('ok'));
          });
          request.on('error', () => {});
        });
        server.on('clientError', (error, socket) => {
          if (error.code !== 'ECONNRESET' && error.code !== 'HPE_INVALID_EOF_STATE') process.stdout.write(JSON.stringify({ method: 'REFUSED', path: `${error.code} ${String(error.rawPacket).slice(0, 400)}`, bytes: 0 }) + '\n');
          socket.destroy();
        });
        server.listen(0, '127.0.0.1', () => process.stdout.write(JSON.stringify({ method: 'PORT', path: '', bytes: server.address().port }) + '\n'));
        process.stdin.on('close', () => process.exit(0)).resume();
        """;

    private readonly Process _process;
    private readonly Channel<Request> _seen = Channel.CreateBounded<Request>(100_000);

    private NodeWitness(Process process) => _process = process;

    public sealed record Request(string Method, string Path, long Bytes);

    public int Port { get; private set; }

    public static async Task<NodeWitness> StartAsync()
    {
        Process process = Process.Start(new ProcessStartInfo("node", ["-e", Script]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        NodeWitness witness = new(process);
        _ = witness.ReadAsync();
        Request port = await witness.NextAsync();
        Assert.Equal("PORT", port.Method);
        witness.Port = (int)port.Bytes;
        return witness;
    }

    /// <summary>The next request that it saw.</summary>
    public Task<Request> NextAsync() => _seen.Reader.ReadAsync().AsTask().WaitAsync(ProxyUnderTest.Deadline);

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line) await _seen.Writer.WriteAsync(JsonSerializer.Deserialize<Request>(line, JsonSerializerOptions.Web)!);
    }
}
