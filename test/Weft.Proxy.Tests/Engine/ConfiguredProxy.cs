using System.Diagnostics;
using System.Text;
using System.Threading.Channels;
using Weft.Proxy.Configuration;
using Weft.Proxy.Engine;
using Weft.Proxy.Http;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Tests.Engine;

/// <summary>A real engine on loopback, configured by Envoy's YAML through the real compilers, with the records that it made.</summary>
internal sealed class ConfiguredProxy : IAsyncDisposable, IExchangeObserver
{
    private const string Types = "type.googleapis.com/envoy.extensions.";
    private readonly Channel<Seen> _seen = Channel.CreateUnbounded<Seen>();
    private readonly List<string> _said = [];
    private long _version;

    private ConfiguredProxy(int concurrency) => Engine = new ProxyEngine(new EngineOptions { Concurrency = concurrency, Observer = this, Log = Say });

    /// <summary>One finished exchange or connection.</summary>
    public sealed record Seen(int Status, ResponseFlags Flags, string Details, string ClientFailure, string UpstreamFailure, string? ServerName, long Received, long Sent);

    public ProxyEngine Engine { get; }

    /// <summary>The sentences that it said to people.</summary>
    public string[] Said
    {
        get
        {
            lock (_said) return [.. _said];
        }
    }

    /// <summary>A listener <c>NAME</c> on a free port, with its filter chains (and further fields) in YAML's flow style.</summary>
    public static string Listener(string chains, string more = "", string name = "test") =>
        $"{{ name: {name}, address: {{ socket_address: {{ address: 127.0.0.1, port_value: 0 }} }}, filter_chains: [ {chains} ]{(more.Length > 0 ? ", " + more : "")} }}";

    /// <summary>The inspector of ClientHellos, and the one of HTTP.</summary>
    public static string Inspectors(bool http = false) =>
        $"{{ name: tls, typed_config: {{ \"@type\": {Types}filters.listener.tls_inspector.v3.TlsInspector }} }}"
        + (http ? $", {{ name: http, typed_config: {{ \"@type\": {Types}filters.listener.http_inspector.v3.HttpInspector }} }}" : "");

    /// <summary>A chain that serves HTTP and sends all of it to a cluster.</summary>
    public static string HttpChain(string cluster, string more = "", string manager = "") =>
        $"{{ filters: [ {{ name: hcm, typed_config: {{ \"@type\": {Types}filters.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: test, "
        + $"http_filters: [ {{ name: router, typed_config: {{ \"@type\": {Types}filters.http.router.v3.Router }} }} ], "
        + $"route_config: {{ virtual_hosts: [ {{ name: all, domains: [\"*\"], routes: [ {{ match: {{ prefix: / }}, route: {{ cluster: {cluster} }} }} ] }} ] }}{(manager.Length > 0 ? ", " + manager : "")} }} }} ]"
        + $"{(more.Length > 0 ? ", " + more : "")} }}";

    /// <summary>A chain that passes bytes to a cluster.</summary>
    public static string TcpChain(string cluster, string more = "") =>
        $"{{ filters: [ {{ name: tcp, typed_config: {{ \"@type\": {Types}filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: test, cluster: {cluster} }} }} ]{(more.Length > 0 ? ", " + more : "")} }}";

    /// <summary>A transport socket that ends TLS.</summary>
    public static string Downstream(string common, string more = "") =>
        $"transport_socket: {{ name: tls, typed_config: {{ \"@type\": {Types}transport_sockets.tls.v3.DownstreamTlsContext, common_tls_context: {{ {common} }}{(more.Length > 0 ? ", " + more : "")} }} }}";

    /// <summary>A transport socket that begins TLS.</summary>
    public static string Upstream(string common, string more = "") =>
        $"transport_socket: {{ name: tls, typed_config: {{ \"@type\": {Types}transport_sockets.tls.v3.UpstreamTlsContext, common_tls_context: {{ {common} }}{(more.Length > 0 ? ", " + more : "")} }} }}";

    /// <summary>A certificate from two files.</summary>
    public static string Certificate(string chain, string key, string more = "") =>
        $"tls_certificates: [ {{ certificate_chain: {{ filename: {chain} }}, private_key: {{ filename: {key} }}{(more.Length > 0 ? ", " + more : "")} }} ]";

    /// <summary>A static cluster with one endpoint on loopback.</summary>
    public static string Cluster(int port, string more = "", string name = "upstream") =>
        $"{{ name: {name}, connect_timeout: 10s, load_assignment: {{ cluster_name: {name}, endpoints: [ {{ lb_endpoints: [ {{ endpoint: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: {port} }} }} }} }} ] }} ] }}{(more.Length > 0 ? ", " + more : "")} }}";

    public static ConfiguredProxy Start(string listener, params string[] clusters) => Start(1, listener, clusters);

    public static ConfiguredProxy Start(int concurrency, string listener, params string[] clusters)
    {
        ConfiguredProxy proxy = new(concurrency);
        try
        {
            proxy.Publish(listener, clusters);
            return proxy;
        }
        catch
        {
            proxy.Engine.Dispose();
            throw;
        }
    }

    /// <summary>Starts with what a store has.</summary>
    public static ConfiguredProxy Start(ConfigurationStore store)
    {
        ConfiguredProxy proxy = new(1);
        try
        {
            Assert.Empty(proxy.Engine.Publish(store.Snapshot()));
            Assert.True(proxy.Engine.SettleAsync(ProxyUnderTest.Deadline).GetAwaiter().GetResult());
            return proxy;
        }
        catch
        {
            proxy.Engine.Dispose();
            throw;
        }
    }

    /// <summary>What is wrong with a configuration; empty when it is accepted and all of it serves.</summary>
    public static string Problems(string listener, params string[] clusters)
    {
        BootstrapResult result = Parse(listener, clusters);
        if (result.Bootstrap is null) return string.Join(' ', result.Errors.Select(error => error.Message));
        using ProxyEngine engine = new(new EngineOptions { Concurrency = 1 });
        return string.Join(' ', engine.Publish(result.Bootstrap.Store.Snapshot()));
    }

    /// <summary>Puts a configuration in force; a listener with the same name and address keeps its port.</summary>
    public void Publish(string listener, params string[] clusters)
    {
        BootstrapResult result = Parse(listener, clusters);
        Assert.Empty(result.Errors);
        ProxySnapshot snapshot = result.Bootstrap!.Store.Snapshot();
        Assert.Empty(Engine.Publish(new ProxySnapshot
        {
            Version = ++_version,
            Listeners = snapshot.Listeners,
            Clusters = snapshot.Clusters,
            RouteTables = snapshot.RouteTables,
            Secrets = snapshot.Secrets,
        }));
        Assert.True(Engine.SettleAsync(ProxyUnderTest.Deadline).GetAwaiter().GetResult());
    }

    public int Port(string listener = "test") => Engine.BoundAddress(listener).Port;

    /// <summary>The record of the next exchange or connection that ended.</summary>
    public async Task<Seen> NextAsync() => await _seen.Reader.ReadAsync().AsTask().WaitAsync(ProxyUnderTest.Deadline);

    /// <summary>No further record is there once every worker has gone through its loop.</summary>
    public async Task AssertNoMoreAsync()
    {
        Assert.True(await Engine.SettleAsync(ProxyUnderTest.Deadline));
        Assert.False(_seen.Reader.TryRead(out Seen? more), $"one more record: {more}");
    }

    /// <summary>A statistic, summed over the workers after they went through their loops.</summary>
    public async Task<long> StatAsync(string name)
    {
        Assert.True(await Engine.SettleAsync(ProxyUnderTest.Deadline));
        // What nobody has used yet is not there.
        return StatsPage.Read(Engine.Options.Telemetry, filter: null, usedOnly: false).SingleOrDefault(stat => stat.Key == name).Value;
    }

    /// <summary>Waits until a condition holds, for as long as a test may wait.</summary>
    public static async Task UntilAsync(Func<Task<bool>> isSo, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < ProxyUnderTest.Deadline, what);
            await Task.Yield();
        }
    }

    public ValueTask DisposeAsync()
    {
        Engine.Dispose();
        return ValueTask.CompletedTask;
    }

    void IExchangeObserver.OnExchange(in ExchangeRecord record) => _seen.Writer.TryWrite(new Seen(
        record.Status, record.Flags, Text(record.Details), "", Text(record.UpstreamFailure), record.RequestedServerName, record.RequestBodyBytes, record.ResponseBodyBytes));

    void IExchangeObserver.OnConnection(in ConnectionRecord record) => _seen.Writer.TryWrite(new Seen(
        0, record.Flags, Text(record.TerminationDetails), record.DownstreamFailure ?? "", Text(record.UpstreamFailure), record.RequestedServerName, record.ReceivedBytes, record.SentBytes));

    private static BootstrapResult Parse(string listener, string[] clusters) => BootstrapLoader.Parse(
        "test.yaml",
        $"static_resources:\n  listeners: [ {listener} ]\n  clusters: [ {string.Join(", ", clusters)} ]\n",
        TimeProvider.System);

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    private void Say(string sentence)
    {
        lock (_said) _said.Add(sentence);
    }
}
