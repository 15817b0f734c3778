using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Http2;

/// <summary>An upstream that answers everything but what asks it to hang, and remembers what it was asked.</summary>
internal sealed class TalkativeUpstream : IDisposable
{
    private readonly ScriptedServer _server;
    private int _hanging;
    private int _answered;

    public TalkativeUpstream() => _server = ScriptedServer.Start(async upstream =>
    {
        while (true)
        {
            string head = await upstream.ReadUntilAsync("\r\n\r\n");
            if (head.Contains("/hang", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _hanging);
                await upstream.ReadToEndAsync();
                return;
            }

            Interlocked.Increment(ref _answered);
            await upstream.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        }
    });

    public int Port => _server.Port;

    /// <summary>Requests that were left without an answer.</summary>
    public int Hanging => Volatile.Read(ref _hanging);

    public int Answered => Volatile.Read(ref _answered);

    public void Dispose() => _server.Dispose();
}
