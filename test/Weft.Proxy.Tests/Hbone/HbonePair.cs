using System.Collections.Frozen;
using System.Threading.Channels;
using Weft.Proxy.Engine;
using Weft.Proxy.Http;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Tls;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Tests.Hbone;

/// <summary>
/// The sidecars of two workloads with HBONE between them, configured as the control plane does: a TCP listener of the client's sidecar, whose endpoint
/// is the server's application behind a tunnel, and the server's, which ends tunnels and serves what they carry by an internal listener.
/// </summary>
internal sealed class HbonePair : IAsyncDisposable
{
    public const string Client = "spiffe://cluster.local/ns/default/sa/client";
    public const string Server = "spiffe://cluster.local/ns/default/sa/server";
    private readonly Channel<(TrafficDirection Direction, ResponseFlags Flags, string Failure, long Received, long Sent)> _connections = Channel.CreateBounded<(TrafficDirection, ResponseFlags, string, long, long)>(100_000);
    private readonly TestAuthority _authority;
    private readonly TerminalModel _inside;
    private readonly int _application;
    private long _version;

    public HbonePair(int application, TerminalModel? inside = null, TerminalModel? outside = null, string expected = Server, UpstreamProtocol protocol = UpstreamProtocol.Http1, int hop = 0, int streams = 100, TestAuthority? authority = null)
    {
        _authority = authority ?? new TestAuthority();
        _application = application;
        _inside = inside ?? Tcp("application");
        Inbound = new ProxyEngine(new EngineOptions { Concurrency = 1, Observer = new Side(this, TrafficDirection.Inbound) });
        Outbound = new ProxyEngine(new EngineOptions { Concurrency = 1, Observer = new Side(this, TrafficDirection.Outbound) });
        PublishInbound();
        PublishOutbound(outside ?? Tcp("service"), expected, protocol, hop == 0 ? HbonePort : hop, streams);
    }

    public ProxyEngine Inbound { get; }

    public ProxyEngine Outbound { get; }

    public TestAuthority Authority => _authority;

    public int HbonePort => Inbound.BoundAddress("connect_terminate").Port;

    /// <summary>Whether connections are noted, which allocates on the workers.</summary>
    public bool Observing { get; set; } = true;

    public static Http2Model Http2(int streams) => new() { MaxConcurrentStreams = streams, InitialStreamWindowBytes = 1 << 20, InitialConnectionWindowBytes = 16 << 20 };

    public static TcpProxyModel Tcp(string cluster) => new() { StatPrefix = cluster, Clusters = [new WeightedClusterModel(cluster, 1)] };

    /// <summary>The same two workloads with another end of the tunnels, which the same authority knows.</summary>
    public HbonePair Through(int hop) => new(_application, hop: hop, authority: _authority);

    public Task<RawClient> ConnectAsync() => RawClient.ConnectAsync(Outbound.BoundAddress("out").Port);

    /// <summary>The end of the next connection on either side.</summary>
    public async Task<(TrafficDirection Direction, ResponseFlags Flags, string Failure, long Received, long Sent)> NextAsync() =>
        await _connections.Reader.ReadAsync().AsTask().WaitAsync(ProxyUnderTest.Deadline);

    /// <summary>The next end of a connection on that side.</summary>
    public async Task<(TrafficDirection Direction, ResponseFlags Flags, string Failure, long Received, long Sent)> NextAsync(TrafficDirection direction)
    {
        while (true)
        {
            var next = await NextAsync();
            if (next.Direction == direction) return next;
        }
    }

    /// <summary>A counter of a cluster of the client's sidecar.</summary>
    public async Task<long> StatAsync(string cluster, ClusterStat stat)
    {
        var result = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        Assert.True(Outbound.Workers[0].Post(worker => result.SetResult(worker.Telemetry.ClusterStats.Get(cluster).Get(stat))));
        return await result.Task.WaitAsync(ProxyUnderTest.Deadline);
    }

    /// <summary>Bytes that a worker has allocated.</summary>
    public static async Task<long> AllocatedAsync(ProxyEngine engine)
    {
        var result = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        Assert.True(engine.Workers[0].Post(_ => result.SetResult(GC.GetAllocatedBytesForCurrentThread())));
        return await result.Task.WaitAsync(ProxyUnderTest.Deadline);
    }

    /// <summary>Puts the server's side in force anew: its listeners are other objects, so that open connections are told to go.</summary>
    public void PublishInbound() => Assert.Empty(Inbound.Publish(new ProxySnapshot
    {
        Version = ++_version,
        Listeners =
        [
            new ListenerModel
            {
                Name = "connect_terminate",
                Address = ProxyUnderTest.Loopback(0),
                Direction = TrafficDirection.Inbound,
                FilterChains = [new FilterChainModel { Tls = s_tls, Terminal = Terminal(_application) }],
            },
            new ListenerModel
            {
                Name = "main_internal",
                Address = default,
                IsInternal = true,
                BindToPort = false,
                Direction = TrafficDirection.Inbound,
                FilterChains = [new FilterChainModel { Terminal = _inside }],
            },
        ],
        Clusters = Named(
            new ClusterModel { Name = "main_internal", Endpoints = Behind("main_internal", default, "") },
            new ClusterModel { Name = "application", Endpoints = ProxyUnderTest.Endpoints(_application) }),
        Secrets = Secrets(_authority.Workload(Server)),
    }));

    public ValueTask DisposeAsync()
    {
        Outbound.Dispose();
        Inbound.Dispose();
        return ValueTask.CompletedTask;
    }

    internal static HttpConnectionManagerModel Terminal(int application, int streams = 100) => new()
    {
        StatPrefix = "connect_terminate",
        Codec = HttpCodecType.Http2,
        Http2 = Http2(streams),
        StreamIdleTimeout = TimeSpan.Zero,
        UpgradeTypes = ["connect"],
        InlineRoutes = TestRoutes.Of(
            """{"match": {"connect_matcher": {}, "headers": [{"name": ":authority", "string_match": {"exact": "127.0.0.1:PORT"}}]}, "route": {"cluster": "main_internal", "timeout": "0s", "upgrade_configs": [{"upgrade_type": "CONNECT", "connect_config": {}}]}}"""
                .Replace("PORT", application.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal),
            """{"match": {"connect_matcher": {}, "headers": [{"name": ":authority", "string_match": {"prefix": "any."}}]}, "route": {"cluster": "main_internal", "upgrade_configs": [{"upgrade_type": "CONNECT", "connect_config": {}}]}}""",
            """{"match": {"connect_matcher": {}}, "direct_response": {"status": 403, "body": {"inline_string": "the destination does not belong to this workload"}}}"""),
    };

    internal static EndpointSetModel Behind(string listener, NetworkAddress address, string identity) => new()
    {
        Localities =
        [
            new LocalityEndpointsModel
            {
                Endpoints = [new EndpointModel { Address = address, InternalListener = listener, Metadata = new EndpointMetadataModel { Identity = identity } }],
            },
        ],
    };

    internal static FrozenDictionary<string, ClusterModel> Named(params ClusterModel[] clusters) => clusters.ToFrozenDictionary(cluster => cluster.Name);

    private static readonly DownstreamTlsModel s_tls = new()
    {
        CertificateSecretNames = ["default"],
        ValidationSecretName = "ROOTCA",
        RequireClientCertificate = true,
        MinimumVersion = TlsVersion.Tls13,
        MaximumVersion = TlsVersion.Tls13,
        AlpnProtocols = ["h2"],
    };

    private void PublishOutbound(TerminalModel outside, string expected, UpstreamProtocol protocol, int hop, int streams) => Assert.Empty(Outbound.Publish(new ProxySnapshot
    {
        Version = 1,
        Listeners =
        [
            new ListenerModel { Name = "out", Address = ProxyUnderTest.Loopback(0), Direction = TrafficDirection.Outbound, FilterChains = [new FilterChainModel { Terminal = outside }] },
            new ListenerModel
            {
                Name = "connect_originate",
                Address = default,
                IsInternal = true,
                BindToPort = false,
                FilterChains = [new FilterChainModel { Terminal = new TcpProxyModel { StatPrefix = "connect_originate", Clusters = [new WeightedClusterModel("connect_originate", 1)], Tunneling = new TunnelingModel(null) } }],
            },
        ],
        Clusters = Named(
            new ClusterModel { Name = "service", Protocol = protocol, Endpoints = Behind("connect_originate", ProxyUnderTest.Loopback(_application), expected) },
            new ClusterModel
            {
                Name = "connect_originate",
                Discovery = ClusterDiscovery.OriginalDestination,
                LoadBalancing = LoadBalancingPolicy.ClusterProvided,
                OriginalDestinationPortOverride = hop,
                Protocol = UpstreamProtocol.Http2,
                Http2 = Http2(streams),
                Tls = new UpstreamTlsModel
                {
                    CertificateSecretNames = ["default"],
                    ValidationSecretName = "ROOTCA",
                    MinimumVersion = TlsVersion.Tls13,
                    MaximumVersion = TlsVersion.Tls13,
                    AlpnProtocols = ["h2"],
                },
            }),
        Secrets = Secrets(_authority.Workload(Client)),
    }));

    private FrozenDictionary<string, SecretModel> Secrets(TlsCertificate own) => new[]
    {
        new SecretModel { Name = "default", Certificate = new TlsCertificateModel { ChainPem = own.Chain, PrivateKeyPem = own.PrivateKey } },
        new SecretModel { Name = "ROOTCA", Validation = new ValidationContextModel { TrustedCaPem = _authority.Pem } },
    }.ToFrozenDictionary(secret => secret.Name);

    private sealed class Side(HbonePair pair, TrafficDirection direction) : IExchangeObserver
    {
        public void OnExchange(in ExchangeRecord record)
        {
            // What the CONNECTs say of themselves is another test's matter.
        }

        public void OnConnection(in ConnectionRecord record)
        {
            if (pair.Observing)
                pair._connections.Writer.TryWrite((direction, record.Flags, System.Text.Encoding.UTF8.GetString(record.UpstreamFailure), record.ReceivedBytes, record.SentBytes));
        }
    }
}
