using System.Collections.Frozen;
using System.Text;
using System.Threading.Channels;
using Weft.Proxy.Engine;
using Weft.Proxy.Http;
using Weft.Proxy.Model;
using Weft.Proxy.Overload;
using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Tests.Engine;

/// <summary>A real engine on loopback with one listener and one cluster, and the record of every exchange that it finished.</summary>
internal sealed class ProxyUnderTest : IAsyncDisposable, IExchangeObserver
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private readonly Channel<Seen> _seen = Channel.CreateBounded<Seen>(200_000);
    private long _version;

    private ProxyUnderTest(int concurrency, OverloadState? overload = null, TimeProvider? time = null, int http2NumbersUsed = 0) => Engine = new ProxyEngine(new EngineOptions
    {
        Concurrency = concurrency,
        Observer = this,
        Overload = overload ?? new OverloadState(0),
        TimeProvider = time ?? TimeProvider.System,
        Http2NumbersUsed = http2NumbersUsed,
    });

    /// <summary>One finished exchange or connection.</summary>
    public sealed record Seen(int Status, ResponseFlags Flags, string Details, string Failure, long RequestBytes, long ResponseBytes, string Path, int Attempts, NetworkAddress Endpoint);

    public ProxyEngine Engine { get; }

    public int Port => Engine.BoundAddress("test").Port;

    /// <summary>False: records are not kept, which would allocate on the worker.</summary>
    public bool Observing { get; set; } = true;

    public int SeenCount => _seen.Reader.Count;

    public static NetworkAddress Loopback(int port) => NetworkAddress.FromV4(0x7f000001, port);

    public static ClusterModel Cluster(params int[] ports) => new()
    {
        Name = "upstream",
        ConnectTimeout = TimeSpan.FromSeconds(2),
        Endpoints = Endpoints(ports),
    };

    public static EndpointSetModel Endpoints(params int[] ports) => new()
    {
        Localities = [new LocalityEndpointsModel { Endpoints = [.. ports.Select(port => new EndpointModel { Address = Loopback(port) })] }],
    };

    public static HttpConnectionManagerModel Manager => new() { StatPrefix = "test", UseRemoteAddress = true, InlineRoutes = TestRoutes.To("upstream"), UpgradeTypes = ["websocket"] };

    public static ListenerModel Listener(TerminalModel terminal, DownstreamTlsModel? tls = null) => new()
    {
        Name = "test",
        Address = Loopback(0),
        FilterChains = [new FilterChainModel { Terminal = terminal, Tls = tls }],
    };

    public static ProxyUnderTest Start(ClusterModel cluster, TerminalModel? terminal = null, int concurrency = 1) =>
        Start(concurrency, Listener(terminal ?? Manager), cluster);

    public static ProxyUnderTest Start(int concurrency, ListenerModel listener, params ClusterModel[] clusters)
    {
        var proxy = new ProxyUnderTest(concurrency);
        proxy.Publish(listener, clusters);
        return proxy;
    }

    public static ProxyUnderTest Start(int concurrency, ListenerModel listener, OverloadState overload, params ClusterModel[] clusters)
    {
        var proxy = new ProxyUnderTest(concurrency, overload);
        proxy.Publish(listener, clusters);
        return proxy;
    }

    /// <summary>With a wall clock of the test's.</summary>
    public static ProxyUnderTest StartAt(TimeProvider time, ClusterModel cluster, TerminalModel terminal)
    {
        var proxy = new ProxyUnderTest(1, time: time);
        proxy.Publish(Listener(terminal), cluster);
        return proxy;
    }

    /// <summary>With connections of HTTP/2 to upstreams whose stream numbers begin behind the given one.</summary>
    public static ProxyUnderTest StartBehind(int http2NumbersUsed, ClusterModel cluster)
    {
        var proxy = new ProxyUnderTest(1, http2NumbersUsed: http2NumbersUsed);
        proxy.Publish(Listener(Manager), cluster);
        return proxy;
    }

    /// <summary>With listeners beside the one that clients reach.</summary>
    public static ProxyUnderTest StartAll(ListenerModel[] listeners, params ClusterModel[] clusters)
    {
        var proxy = new ProxyUnderTest(1);
        proxy.Publish(listeners, clusters);
        return proxy;
    }

    public void Publish(ListenerModel listener, params ClusterModel[] clusters) => Publish([listener], clusters);

    private void Publish(ListenerModel[] listeners, ClusterModel[] clusters) => Assert.Empty(Engine.Publish(new ProxySnapshot
    {
        Version = ++_version,
        Listeners = listeners,
        Clusters = clusters.ToFrozenDictionary(cluster => cluster.Name),
    }));

    /// <summary>The record of the next exchange that ended.</summary>
    public async Task<Seen> NextAsync() => await _seen.Reader.ReadAsync().AsTask().WaitAsync(Deadline);

    /// <summary>No further record is there once every worker has gone through its loop.</summary>
    public async Task AssertNoMoreAsync()
    {
        Assert.True(await Engine.SettleAsync(Deadline));
        Assert.False(_seen.Reader.TryRead(out Seen? more), $"one more record: {more}");
    }

    public Task<RawClient> ConnectAsync() => RawClient.ConnectAsync(Port);

    public ValueTask DisposeAsync()
    {
        Engine.Dispose();
        return ValueTask.CompletedTask;
    }

    void IExchangeObserver.OnExchange(in ExchangeRecord record)
    {
        if (!Observing) return;
        _seen.Writer.TryWrite(new Seen(
            record.Status, record.Flags, Text(record.Details), Text(record.UpstreamFailure), record.RequestBodyBytes, record.ResponseBodyBytes,
            Text(record.Request.PathAndQuery.Of(record.RequestBytes)), record.Attempts, record.UpstreamRemote));
    }

    void IExchangeObserver.OnConnection(in ConnectionRecord record) => _seen.Writer.TryWrite(new Seen(
        0, record.Flags, Text(record.TerminationDetails), Text(record.UpstreamFailure), record.ReceivedBytes, record.SentBytes, "", 0, record.UpstreamRemote));

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
