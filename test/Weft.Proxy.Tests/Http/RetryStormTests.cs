using System.Globalization;
using Weft.Proxy.Model;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Http;

/// <summary>Catalogue case 61 over two proxies, one behind the other, that both repeat what fails: how many requests the backend gets when it fails everything.</summary>
public sealed class RetryStormTests(ITestOutputHelper output)
{
    private const int Clients = 100;
    private const int Attempts = 4;

    // Without a bound each proxy multiplies. A budget lets a fifth of what is under way be retries, so each proxy adds at most a quarter, and the few that are always allowed;
    // three retries at a time, Envoy's default, are fewer still.
    [Theory]
    [InlineData(10_000u, 0, Clients * Attempts * Attempts, Clients * Attempts * Attempts)]
    [InlineData(3u, 20, Clients + 1, Clients * 2)]
    [InlineData(3u, 0, Clients + 1, Clients * 2)]
    public async Task EverythingFails_TheBackendGetsNoMoreThanTheBreakersAllow(uint retries, double budgetPercent, int least, int most)
    {
        using Failing backend = new();
        CircuitBreakerModel limits = new() { MaxRetries = retries, RetryBudgetPercent = budgetPercent };
        await using ProxyUnderTest inner = Start(backend.Port, limits);
        await using ProxyUnderTest outer = Start(inner.Port, limits);
        List<RawClient> clients = [];
        try
        {
            for (int i = 0; i < Clients; i++) clients.Add(await outer.ConnectAsync());
            await Task.WhenAll(clients.Select(static client => client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n")));
            (string Head, string Body)[] responses = await Task.WhenAll(clients.Select(static client => client.ReadResponseAsync()));
            Assert.All(responses, static response => Assert.StartsWith("HTTP/1.1 503 ", response.Head));
        }
        finally
        {
            foreach (RawClient client in clients) client.Dispose();
        }

        output.WriteLine($"{backend.Requests} requests at the backend for {Clients} of clients");
        Assert.InRange(backend.Requests, least, most);
        bool isBounded = retries < 100;
        Assert.Equal(isBounded, await outer.StatAsync("cluster.upstream.upstream_rq_retry_overflow") > 0);
        Assert.Equal(isBounded, await inner.StatAsync("cluster.upstream.upstream_rq_retry_overflow") > 0);
        Assert.Equal(backend.Requests, await inner.StatAsync("cluster.upstream.upstream_rq_total"));
        Assert.Equal(0, await outer.StatAsync("cluster.upstream.upstream_rq_retry_success"));
    }

    private static ProxyUnderTest Start(int port, CircuitBreakerModel limits) => ProxyUnderTest.Start(
        new ClusterModel { Name = "upstream", Endpoints = ProxyUnderTest.Endpoints(port), CircuitBreakers = limits },
        new HttpConnectionManagerModel
        {
            StatPrefix = "test",
            InlineRoutes = TestRoutes.Of("""
                {"match": {"prefix": "/"}, "route": {"cluster": "upstream", "timeout": "0s",
                 "retry_policy": {"retry_on": "5xx", "num_retries": MANY, "retry_back_off": {"base_interval": "0.001s"}}}}
                """.Replace("MANY", (Attempts - 1).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)),
        });

    /// <summary>Holds the first requests until all are there, so that all fail together; each of the others takes a moment, as one of an overloaded server does.</summary>
    private sealed class Failing : IDisposable
    {
        private static readonly TimeSpan s_service = TimeSpan.FromMilliseconds(100);
        private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ScriptedServer _server;
        private int _requests;

        public Failing() => _server = ScriptedServer.Start(async client =>
        {
            while (true)
            {
                await client.ReadUntilAsync("\r\n\r\n");
                if (Interlocked.Increment(ref _requests) == Clients) _all.SetResult();
                if (_all.Task.IsCompleted) await Task.Delay(s_service);
                else await _all.Task;
                await client.SendAsync("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
            }
        });

        public int Port => _server.Port;

        public int Requests => Volatile.Read(ref _requests);

        public void Dispose() => _server.Dispose();
    }
}
