using System.Net;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Hosting;

/// <summary>Clients that ask a proxy without pause, each in its own way; the first failure of any of them is the load's.</summary>
internal sealed class RequestLoad(int port)
{
    private readonly List<(string Kind, Task<int> Client)> _clients = [];
    private int _answers;
    private volatile bool _ending;

    /// <summary>Answers so far, of all clients.</summary>
    public int Answers => Volatile.Read(ref _answers);

    /// <summary>True when a client has failed, which <see cref="EndAsync"/> tells in full.</summary>
    public bool HasFailed => _clients.Exists(static entry => entry.Client.IsFaulted);

    /// <summary>Requests on a connection for as long as the proxy keeps it; nothing is ever tried twice.</summary>
    public RequestLoad KeepingConnections(int clients) => Add("keep-alive", clients, KeepingAsync);

    /// <summary>Each request on a connection of its own.</summary>
    public RequestLoad WithNewConnections(int clients) => Add("new connections", clients, ConnectingAsync);

    /// <summary>HTTP/2 by .NET's client, which heeds GOAWAY as RFC 9113 says.</summary>
    public RequestLoad OverHttp2(int clients) => Add("HTTP/2", clients, Http2Async);

    /// <summary>Ends the clients; their failures are thrown here.</summary>
    public async Task<IReadOnlyList<(string Kind, int Answers)>> EndAsync()
    {
        _ending = true;
        List<(string Kind, int Answers)> all = [];
        foreach ((string kind, Task<int> client) in _clients) all.Add((kind, await client.WaitAsync(ProxyUnderTest.Deadline)));
        return all;
    }

    private RequestLoad Add(string kind, int clients, Func<Task<int>> run)
    {
        for (int i = 0; i < clients; i++) _clients.Add((kind, Task.Run(run)));
        return this;
    }

    private async Task<int> KeepingAsync()
    {
        int answers = 0;
        RawClient? client = null;
        while (!_ending)
        {
            client ??= await RawClient.ConnectAsync(port);
            await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
            (string head, string body) = await client.ReadResponseAsync();
            Assert.StartsWith("HTTP/1.1 200 ", head);
            Assert.Equal("ok", body);
            answers++;
            Interlocked.Increment(ref _answers);
            if (!head.Contains("connection: close")) continue;
            client.Dispose();
            client = null;
        }

        client?.Dispose();
        return answers;
    }

    private async Task<int> ConnectingAsync()
    {
        int answers = 0;
        while (!_ending)
        {
            using RawClient client = await RawClient.ConnectAsync(port);
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            (string text, bool reset) = await client.ReadToEndAsync();
            Assert.False(reset);
            Assert.StartsWith("HTTP/1.1 200 ", text);
            Assert.EndsWith("\r\n\r\nok", text);
            answers++;
            Interlocked.Increment(ref _answers);
        }

        return answers;
    }

    private async Task<int> Http2Async()
    {
        int answers = 0;
        using HttpClient client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = ProxyUnderTest.Deadline };
        while (!_ending)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, new Uri($"http://127.0.0.1:{port}/")) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using HttpResponseMessage response = await client.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("ok", await response.Content.ReadAsStringAsync());
            answers++;
            Interlocked.Increment(ref _answers);
        }

        return answers;
    }
}
