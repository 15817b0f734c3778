using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Weft.Proxy.Admin;

namespace Weft.Proxy.Tests.Admin;

public sealed class AdminServerTests : IDisposable
{
    private readonly RunningProxy _proxy = new();

    public void Dispose() => _proxy.Dispose();

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("LocalHost:15000", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.8.9.10:80", true)]
    [InlineData("[::1]:15000", true)]
    [InlineData("[::1]", true)]
    [InlineData("evil.example", false)]
    [InlineData("evil.example:15000", false)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("127.0.0.1.evil.example", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("127.1", false)]
    [InlineData("2130706433", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("[::ffff:127.0.0.1]", true)]
    public async Task Host_OtherThanLoopback_IsRefusedOnTheAdminPortOnly(string host, bool allowed)
    {
        Assert.Equal(allowed ? 200 : 403, (await _proxy.Send($"GET /ready HTTP/1.1\r\nHost: {host}\r\n\r\n")).Status);
        Assert.Equal(200, (await _proxy.Send($"GET /healthz/ready HTTP/1.1\r\nHost: {host}\r\n\r\n", site: 2)).Status);
    }

    [Theory]
    [InlineData("Origin: https://evil.example\r\n", 403)]
    [InlineData("Origin: null\r\n", 403)]
    [InlineData("Sec-Fetch-Site: cross-site\r\n", 403)]
    [InlineData("Sec-Fetch-Site: same-origin\r\nOrigin: http://localhost:15000\r\n", 200)]
    [InlineData("", 200)]
    public async Task RequestOfAnotherSite_IsRefused(string headers, int status)
    {
        Assert.Equal(status, (await _proxy.Post("/drain", headers: headers)).Status);
        Assert.Equal(status == 200, _proxy.Done.Count == 1);
    }

    [Theory]
    [InlineData("GET /ready HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET /ready HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400)]
    [InlineData("GET  /ready HTTP/1.1\r\nHost: localhost\r\n\r\n", 400)]
    [InlineData("garbage\r\n\r\n", 400)]
    [InlineData("GET /ready HTTP/3.7\r\nHost: localhost\r\n\r\n", 505)]
    [InlineData("POST /drain HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 413)]
    [InlineData("POST /drain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n", 413)]
    [InlineData("GET /ready HTTP/1.0\r\nHost: localhost\r\n\r\n", 200)]
    [InlineData("HEAD /ready HTTP/1.1\r\nHost: localhost\r\n\r\n", 200)]
    [InlineData("GET /%72eady HTTP/1.1\r\nHost: localhost\r\n\r\n", 200)]
    [InlineData("GET http://localhost/ready HTTP/1.1\r\nHost: evil.example\r\n\r\n", 200)]
    [InlineData("GET http://evil.example/ready HTTP/1.1\r\nHost: localhost\r\n\r\n", 403)]
    [InlineData("POST /drain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc", 200)]
    [InlineData("DELETE /ready HTTP/1.1\r\nHost: localhost\r\n\r\n", 405)]
    public async Task Request_IsAnsweredByTheRules(string request, int status)
    {
        (int got, _, string head) = await _proxy.Send(request);
        Assert.Equal(status, got);
        Assert.Contains("connection: close", head);
    }

    [Fact]
    public async Task HeadLongerThanItsBound_IsRefused()
    {
        string request = $"GET /{new string('a', 9000)} HTTP/1.1\r\nHost: localhost\r\n\r\n";
        // The server answers before it has read all, so the answer may be lost in a reset; what counts is that it goes on.
        try
        {
            Assert.Equal(431, (await _proxy.Send(request)).Status);
        }
        catch (IOException)
        {
        }

        Assert.Equal(200, (await _proxy.Get("/ready")).Status);
    }

    [Fact]
    public async Task SilentClients_HoldNobodyUpForLong()
    {
        List<TcpClient> silent = [];
        try
        {
            for (int i = 0; i < AdminServer.Threads; i++)
            {
                TcpClient client = new();
                await client.ConnectAsync(_proxy.Address(0)).WaitAsync(TimeSpan.FromSeconds(5));
                silent.Add(client);
            }

            long start = Stopwatch.GetTimestamp();
            Assert.Equal(200, (await _proxy.Get("/healthz/ready", site: 2)).Status);
            Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 12);
        }
        finally
        {
            silent.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public void AddressInUse_IsAnErrorOfTheConstructor()
    {
        AdminBinding taken = new(_proxy.Address(0), new AdminSite([], loopbackOnly: true));
        Assert.Equal(SocketError.AddressAlreadyInUse, Assert.Throws<SocketException>(() => new AdminServer([taken], _ => { })).SocketErrorCode);
    }

    [Fact]
    public async Task PageThatThrows_IsSaidAndHurtsNoOther()
    {
        AdminSite site = new(
            [
                new AdminPage("/bad", false, "", _ => throw new InvalidOperationException("boom")),
                new AdminPage("/half", false, "", _ => AdminResponse.Streamed("text/plain", stream =>
                {
                    stream.Write(new byte[40_000]);
                    throw new InvalidOperationException("bang");
                })),
                new AdminPage("/good", false, "", _ => AdminResponse.Text("ok")),
            ],
            loopbackOnly: false);
        ConcurrentQueue<string> said = new();
        using AdminServer server = new([new AdminBinding(new IPEndPoint(IPAddress.Loopback, 0), site)], said.Enqueue);
        using HttpClient client = new() { BaseAddress = new Uri($"http://{server.Addresses[0]}"), Timeout = TimeSpan.FromSeconds(10) };
        Assert.Equal(HttpStatusCode.InternalServerError, (await client.GetAsync(new Uri("/bad", UriKind.Relative))).StatusCode);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("/half"));
        Assert.Equal("ok", await client.GetStringAsync("/good"));
        Assert.Contains(said, sentence => sentence.Contains("boom"));
        Assert.Contains(said, sentence => sentence.Contains("bang"));
    }
}
