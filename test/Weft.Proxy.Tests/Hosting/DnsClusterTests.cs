using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Hosting;

/// <summary>Clusters whose endpoints a DNS server names, asked by the real resolver; the proxy has a resolv.conf of its own in a mount namespace.</summary>
[Collection(WeftProxyProgram.Collection)]
public sealed class DnsClusterTests(WeftProxyProgram program) : IDisposable
{
    private static readonly IPAddress s_resolver = IPAddress.Parse("127.53.64.1");
    private readonly ConcurrentDictionary<IPAddress, int> _asked = new();
    private readonly string _settings = Path.GetTempFileName();
    private readonly Socket _upstream = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private int _port;

    public void Dispose()
    {
        _upstream.Dispose();
        File.Delete(_settings);
    }

    [Fact]
    public async Task StrictDns_UsesEveryAddressAndKeepsTheLastGoodSet()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "A DNS server on port 53 and a resolv.conf of its own need root.");
        using DnsResponder dns = new(s_resolver) { Now = new([Loopback(1), Loopback(2)]) };
        await using RunningWeftProxy proxy = await StartAsync("STRICT_DNS");
        await UntilServedByAsync([Loopback(1), Loopback(2)]);

        // NXDOMAIN, an answer without addresses, a server failure, none at all: three more questions each show that the answer before was taken in.
        foreach (DnsResponder.Answer bad in (DnsResponder.Answer[])[new([], 3), new([]), new([], 2), new([], IsSilent: true)])
        {
            dns.Now = bad;
            await AskedMoreAsync(dns, 3);
            _asked.Clear();
            await UntilServedByAsync([Loopback(1), Loopback(2)]);
        }

        // Longer than a datagram, so the resolver asks again over TCP; TTL 0 in every answer.
        IPAddress[] many = [.. Enumerable.Range(0, 1000).Select(i => Loopback(1000 + i))];
        dns.Now = new(many);
        _asked.Clear();
        await RunningAsync(() => _asked.Keys.Count(many.Contains) >= 50);
        _asked.Clear();
        for (int i = 0; i < 100; i++) await RequestAsync();
        Assert.All(_asked.Keys, address => Assert.Contains(address, many));
    }

    [Fact]
    public async Task LogicalDns_UsesTheFirstAddressAndFollowsIt()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "A DNS server on port 53 and a resolv.conf of its own need root.");
        using DnsResponder dns = new(s_resolver) { Now = new([Loopback(3)]) };
        await using RunningWeftProxy proxy = await StartAsync("LOGICAL_DNS");
        await UntilServedByAsync([Loopback(3)]);
        dns.Now = new([Loopback(4)]);
        await UntilServedByAsync([Loopback(4)]);
        _asked.Clear();
        for (int i = 0; i < 20; i++) await RequestAsync();
        Assert.Equal([Loopback(4)], _asked.Keys);
    }

    [Fact]
    public async Task NameThatIsNeverAnswered_HasNoEndpoint()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "A DNS server on port 53 and a resolv.conf of its own need root.");
        using DnsResponder dns = new(s_resolver) { Now = new([], 3) };
        await using RunningWeftProxy proxy = await StartAsync("STRICT_DNS");
        await AskedMoreAsync(dns, 2);
        Assert.StartsWith("HTTP/1.1 503 ", await RequestAsync());
    }

    private static IPAddress Loopback(int number) => new([127, 80, (byte)(number >> 8), (byte)number]);

    private async Task<RunningWeftProxy> StartAsync(string type)
    {
        _upstream.Bind(new IPEndPoint(IPAddress.Any, 0));
        _upstream.Listen(1024);
        _ = ServeAsync();
        File.WriteAllText(_settings, $"nameserver {s_resolver}\noptions timeout:1 attempts:1\n");
        _port = RunningWeftProxy.FreePort();
        int upstream = ((IPEndPoint)_upstream.LocalEndPoint!).Port;
        string cluster = $"{{ name: app, type: {type}, dns_refresh_rate: 1s, dns_lookup_family: V4_ONLY, typed_extension_protocol_options: {{ envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {{ \"@type\": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions, common_http_protocol_options: {{ max_requests_per_connection: 1 }}, explicit_http_config: {{ http_protocol_options: {{}} }} }} }}, load_assignment: {{ cluster_name: app, endpoints: [ {{ lb_endpoints: [ {{ endpoint: {{ address: {{ socket_address: {{ address: app.weft.test, port_value: {upstream} }} }} }} }} ] }} ] }} }}";
        RunningWeftProxy proxy = RunningWeftProxy.Start(
            program, RunningWeftProxy.Bootstrap(_port, cluster), "unshare", "--mount", "sh", "-c", $"mount --bind {_settings} /etc/resolv.conf && exec \"$@\"", "sh");
        await proxy.StartedAsync();
        return proxy;
    }

    // Each connection carries one request; what is noted is the address that the proxy connected to.
    private async Task ServeAsync()
    {
        byte[] answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), request = new byte[4096];
        try
        {
            while (true)
            {
                using Socket connection = await _upstream.AcceptAsync();
                _asked.AddOrUpdate(((IPEndPoint)connection.LocalEndPoint!).Address, 1, static (_, count) => count + 1);
                if (await connection.ReceiveAsync(request) > 0) await connection.SendAsync(answer);
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task<string> RequestAsync()
    {
        using RawClient client = await RawClient.ConnectAsync(_port);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        return (await client.ReadResponseAsync()).Head;
    }

    private Task UntilServedByAsync(IPAddress[] addresses) => RunningAsync(() => addresses.All(_asked.ContainsKey));

    private async Task RunningAsync(Func<bool> holds)
    {
        using CancellationTokenSource limit = new(ProxyUnderTest.Deadline);
        while (!holds())
        {
            Assert.False(limit.IsCancellationRequested, $"these addresses were asked: {string.Join(", ", _asked.Keys.Take(20))}");
            await RequestAsync();
        }
    }

    private static async Task AskedMoreAsync(DnsResponder dns, int count)
    {
        using CancellationTokenSource limit = new(ProxyUnderTest.Deadline);
        int before = dns.Questions;
        while (dns.Questions < before + count) await Task.Delay(TimeSpan.FromMilliseconds(20), limit.Token);
    }
}
