using Weft.Policy.LoadBalancing;

namespace Weft.Proxy.Model;

/// <summary>One cluster (<c>envoy.config.cluster.v3.Cluster</c>) together with its endpoints, immutable.</summary>
public sealed class ClusterModel
{
    private EndpointSetModel _endpoints = EndpointSetModel.Empty;

    /// <summary>Unique name; pools and counters are keyed by it.</summary>
    public required string Name { get; init; }

    /// <summary>The name for statistics; empty means <see cref="Name"/>.</summary>
    public string AltStatName { get; init; } = "";

    public ClusterDiscovery Discovery { get; init; }

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public LoadBalancingPolicy LoadBalancing { get; init; }

    /// <summary>How many random endpoints least-request compares.</summary>
    public int LeastRequestChoices { get; init; } = 2;

    /// <summary>The smallest hash ring; more points spread load more evenly.</summary>
    public int RingMinPoints { get; init; } = HashRing.DefaultMinPoints;

    /// <summary>The largest hash ring.</summary>
    public int RingMaxPoints { get; init; } = HashRing.MaxPoints;

    /// <summary>Slots of a Maglev table; a prime.</summary>
    public int MaglevSize { get; init; } = MaglevTable.DefaultSize;

    /// <summary>Below this share of healthy endpoints all are used; 0 never panics. Envoy: 50.</summary>
    public double PanicThresholdPercent { get; init; } = 50;

    /// <summary>Localities are chosen by <see cref="LocalityEndpointsModel.Weight"/>.</summary>
    public bool LocalityWeighted { get; init; }

    /// <summary>Bounds for the default priority.</summary>
    public CircuitBreakerModel CircuitBreakers { get; init; } = CircuitBreakerModel.Default;

    /// <summary>Bounds for the high priority.</summary>
    public CircuitBreakerModel HighPriorityCircuitBreakers { get; init; } = CircuitBreakerModel.Default;

    public OutlierDetectionModel? OutlierDetection { get; init; }

    public UpstreamProtocol Protocol { get; init; }

    /// <summary>What connections of HTTP/2 are configured to.</summary>
    public Http2Model Http2 { get; init; } = Http2Model.Upstream;

    /// <summary>The transport when no match applies; null is plaintext.</summary>
    public UpstreamTlsModel? Tls { get; init; }

    /// <summary>What goes out before everything else when no match applies.</summary>
    public UpstreamProxyProtocol ProxyProtocol { get; init; }

    public IReadOnlyList<TransportSocketMatchModel> TransportSocketMatches { get; init; } = [];

    /// <summary>An upstream connection without requests is closed after this; zero means never.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromHours(1);

    public TimeSpan MaxConnectionDuration { get; init; }

    /// <summary>0 is no bound.</summary>
    public int MaxRequestsPerConnection { get; init; }

    /// <summary>Pass trailers to and from upstreams of HTTP/1.1, whatever the connection manager says of its clients.</summary>
    public bool EnableTrailers { get; init; }

    public int PerConnectionBufferLimitBytes { get; init; } = 1 << 20;

    public TcpKeepaliveModel? TcpKeepalive { get; init; }

    /// <summary>For DNS clusters. Envoy: 5 s; Istio: 60 s.</summary>
    public TimeSpan DnsRefreshRate { get; init; } = TimeSpan.FromSeconds(5);

    public DnsLookupFamily DnsLookupFamily { get; init; }

    /// <summary>Original destination: replace the port; 0 keeps it.</summary>
    public int OriginalDestinationPortOverride { get; init; }

    /// <summary>The source address of upstream connections, or none. Istio's inbound passthrough binds 127.0.0.6.</summary>
    public NetworkAddress SourceAddress { get; init; }

    /// <summary>Maximum of response header bytes; Envoy: 60 KiB.</summary>
    public int MaxResponseHeadersBytes { get; init; } = 60 * 1024;

    /// <summary>Static, EDS: the endpoints. DNS: the names to resolve.</summary>
    public EndpointSetModel Endpoints { get => _endpoints; init => _endpoints = value; }

    /// <summary>Facts for telemetry from <c>metadata.filter_metadata.istio</c> (services: host, name, namespace); empty when unknown.</summary>
    public DestinationServiceModel Service { get; init; } = DestinationServiceModel.Unknown;

    /// <summary>The version that the configuration server gave it; empty for static ones.</summary>
    public string VersionInfo { get; init; } = "";

    /// <summary>The same cluster with other endpoints: discovery brings them separately.</summary>
    public ClusterModel WithEndpoints(EndpointSetModel endpoints)
    {
        var copy = (ClusterModel)MemberwiseClone();
        copy._endpoints = endpoints;
        return copy;
    }
}
