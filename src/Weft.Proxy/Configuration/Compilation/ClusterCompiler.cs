using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;
using Weft.Policy.LoadBalancing;
using Weft.Proxy.Model;
using CoreHttpOptions = Envoy.Config.Core.V3.HttpProtocolOptions;
using UpstreamHttpOptions = Envoy.Extensions.Upstreams.Http.V3.HttpProtocolOptions;

namespace Weft.Proxy.Configuration.Compilation;

/// <summary>CDS: <c>Cluster</c> → <see cref="ClusterModel"/>. Endpoints of an EDS cluster are put in by the store.</summary>
internal static class ClusterCompiler
{
    private const string HttpOptionsKey = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

    /// <param name="cluster">The message.</param>
    /// <param name="name">Its name, as the one string that everything shares.</param>
    /// <param name="version">Its version.</param>
    /// <param name="scope">Where errors go.</param>
    public static CompiledCluster? Compile(Cluster cluster, string name, string version, CompileScope scope)
    {
        RefuseUnsupported(cluster, scope);
        if (cluster.Name.Length == 0)
        {
            scope.Field("name").Error("a cluster needs a name.");
        }

        var discovery = Discovery(cluster, scope);
        var isDns = discovery is ClusterDiscovery.StrictDns or ClusterDiscovery.LogicalDns;
        var endpoints = cluster.LoadAssignment is null
            ? EndpointSetModel.Empty
            : EndpointCompiler.Compile(cluster.LoadAssignment, version, isDns, scope.Field("load_assignment")) ?? EndpointSetModel.Empty;
        CheckEndpoints(cluster, discovery, endpoints, scope);
        var (protocol, common, http2, trailers) = Http(cluster, scope);
        var lb = cluster.CommonLbConfig;
        var (tls, proxyProtocol) = TlsCompiler.ToUpstreamTransport(cluster.TransportSocket, scope.Field("transport_socket"));
        var model = new ClusterModel
        {
            Name = name,
            AltStatName = cluster.AltStatName,
            Discovery = discovery,
            ConnectTimeout = scope.Duration(cluster.ConnectTimeout, "connect_timeout", TimeSpan.FromSeconds(5)),
            LoadBalancing = Policy(cluster, discovery, scope),
            LeastRequestChoices = scope.Field("least_request_lb_config").Count(cluster.LeastRequestLbConfig?.ChoiceCount, "choice_count", 2, 2, 100),
            RingMinPoints = Points(cluster.RingHashLbConfig?.MinimumRingSize, HashRing.DefaultMinPoints, scope.Field("ring_hash_lb_config.minimum_ring_size")),
            RingMaxPoints = Points(Math.Min(cluster.RingHashLbConfig?.MaximumRingSize ?? HashRing.MaxPoints, HashRing.MaxPoints), HashRing.MaxPoints, scope.Field("ring_hash_lb_config.maximum_ring_size")),
            MaglevSize = Slots(cluster.MaglevLbConfig?.TableSize, scope.Field("maglev_lb_config.table_size")),
            PanicThresholdPercent = lb?.HealthyPanicThreshold?.Value ?? 50,
            LocalityWeighted = lb?.LocalityWeightedLbConfig is not null,
            CircuitBreakers = Thresholds(cluster, RoutingPriority.Default, scope),
            HighPriorityCircuitBreakers = Thresholds(cluster, RoutingPriority.High, scope),
            OutlierDetection = Outlier(cluster.OutlierDetection, scope.Field("outlier_detection")),
            Protocol = protocol,
            Http2 = http2,
            EnableTrailers = trailers,
            Tls = tls,
            ProxyProtocol = proxyProtocol,
            TransportSocketMatches = Matches(cluster, scope),
            IdleTimeout = scope.Duration(common.IdleTimeout, "idle_timeout", TimeSpan.FromHours(1)),
            MaxConnectionDuration = scope.Duration(common.MaxConnectionDuration, "max_connection_duration", TimeSpan.Zero),
            MaxRequestsPerConnection = scope.Count(common.MaxRequestsPerConnection ?? cluster.MaxRequestsPerConnection, "max_requests_per_connection", 0),
            MaxResponseHeadersBytes = scope.Count(common.MaxResponseHeadersKb, "max_response_headers_kb", 60, 1, 8192) * 1024,
            PerConnectionBufferLimitBytes = scope.Count(cluster.PerConnectionBufferLimitBytes, "per_connection_buffer_limit_bytes", 1 << 20),
            TcpKeepalive = Keepalive(cluster.UpstreamConnectionOptions?.TcpKeepalive, scope),
            DnsRefreshRate = scope.Duration(cluster.DnsRefreshRate, "dns_refresh_rate", TimeSpan.FromSeconds(5)),
            DnsLookupFamily = (Model.DnsLookupFamily)cluster.DnsLookupFamily,
            OriginalDestinationPortOverride = scope.Field("original_dst_lb_config").Count(cluster.OriginalDstLbConfig?.UpstreamPortOverride, "upstream_port_override", 0, 0, ushort.MaxValue),
            SourceAddress = Source(cluster.UpstreamBindConfig, scope.Field("upstream_bind_config")),
            Endpoints = endpoints,
            Service = Service(cluster.Metadata),
            VersionInfo = version,
        };
        return scope.HasErrors ? null : new CompiledCluster(model, EndpointName(cluster, name, discovery));
    }

    private static void RefuseUnsupported(Cluster cluster, CompileScope scope)
    {
        scope.Refuse(cluster.ClusterDiscoveryTypeCase == Cluster.ClusterDiscoveryTypeOneofCase.ClusterType, "cluster_type");
        scope.Refuse(cluster.HealthChecks.Count > 0, "health_checks");
        scope.Refuse(cluster.UpstreamHttpProtocolOptions is not null, "upstream_http_protocol_options");
        scope.Refuse(cluster.CommonHttpProtocolOptions is not null, "common_http_protocol_options", "put it into `typed_extension_protocol_options`.");
        scope.Refuse(cluster.HttpProtocolOptions is not null, "http_protocol_options", "put it into `typed_extension_protocol_options`.");
        scope.Refuse(cluster.DnsJitter is not null, "dns_jitter");
        scope.Refuse(cluster.DnsFailureRefreshRate is not null, "dns_failure_refresh_rate");
        scope.Refuse(cluster.DnsResolvers.Count > 0, "dns_resolvers");
        scope.Refuse(cluster.UseTcpForDnsLookups, "use_tcp_for_dns_lookups");
        scope.Refuse(cluster.TypedDnsResolverConfig is not null, "typed_dns_resolver_config");
        scope.Refuse(cluster.LbSubsetConfig is not null, "lb_subset_config");
        scope.Refuse(cluster.RingHashLbConfig is { HashFunction: not Cluster.Types.RingHashLbConfig.Types.HashFunction.XxHash }, "ring_hash_lb_config", "a hash function other than XX_HASH.");
        scope.Refuse(cluster.RoundRobinLbConfig?.SlowStartConfig is not null, "round_robin_lb_config", "slow start.");
        scope.Refuse(cluster.LeastRequestLbConfig?.SlowStartConfig is not null, "least_request_lb_config", "slow start.");
        scope.Refuse(cluster.LeastRequestLbConfig?.ActiveRequestBias is not null, "least_request_lb_config", "a bias.");
        scope.Refuse(cluster.OriginalDstLbConfig?.MetadataKey is not null, "original_dst_lb_config", "a metadata key.");
        scope.Refuse(cluster.OriginalDstLbConfig is { UseHttpHeader: true }, "original_dst_lb_config", "an address from a request header.");
        scope.Refuse(cluster.ProtocolSelection != Cluster.Types.ClusterProtocolSelection.UseConfiguredProtocol, "protocol_selection");
        scope.Refuse(cluster.CloseConnectionsOnHostHealthFailure, "close_connections_on_host_health_failure");
        scope.Refuse(cluster.IgnoreHealthOnHostRemoval, "ignore_health_on_host_removal");
        scope.Refuse(cluster.Filters.Count > 0, "filters");
        scope.Refuse(cluster.LoadBalancingPolicy is not null, "load_balancing_policy");
        scope.Refuse(cluster.LrsServer is not null, "lrs_server");
        scope.Refuse(cluster.UpstreamConfig is not null, "upstream_config");
        scope.Refuse(cluster.PreconnectPolicy is not null, "preconnect_policy");
        scope.Refuse(cluster.ConnectionPoolPerDownstreamConnection, "connection_pool_per_downstream_connection");
        if (cluster.CommonLbConfig is { } lb)
        {
            var at = scope.Field("common_lb_config");
            at.Refuse(lb.ZoneAwareLbConfig is not null, "zone_aware_lb_config");
            at.Refuse(lb.IgnoreNewHostsUntilFirstHc, "ignore_new_hosts_until_first_hc");
            at.Refuse(lb.CloseConnectionsOnHostSetChange, "close_connections_on_host_set_change");
            at.Refuse(lb.ConsistentHashingLbConfig is not null, "consistent_hashing_lb_config");
            at.Refuse(lb.OverrideHostStatus is not null, "override_host_status");
        }
    }

    private static ClusterDiscovery Discovery(Cluster cluster, CompileScope scope)
    {
        switch (cluster.Type)
        {
            case Cluster.Types.DiscoveryType.Static:
                return ClusterDiscovery.Static;
            case Cluster.Types.DiscoveryType.StrictDns:
                return ClusterDiscovery.StrictDns;
            case Cluster.Types.DiscoveryType.LogicalDns:
                return ClusterDiscovery.LogicalDns;
            case Cluster.Types.DiscoveryType.OriginalDst:
                return ClusterDiscovery.OriginalDestination;
            case Cluster.Types.DiscoveryType.Eds:
                if (cluster.EdsClusterConfig?.EdsConfig?.ConfigSourceSpecifierCase != ConfigSource.ConfigSourceSpecifierOneofCase.Ads)
                {
                    scope.Field("eds_cluster_config").Field("eds_config").Error("endpoints come over the aggregated stream only: set `ads: {}`.");
                }

                return ClusterDiscovery.Eds;
            default:
                scope.Field("type").Error($"weft-proxy does not know the type {(int)cluster.Type}.");
                return ClusterDiscovery.Static;
        }
    }

    private static void CheckEndpoints(Cluster cluster, ClusterDiscovery discovery, EndpointSetModel endpoints, CompileScope scope)
    {
        if (discovery is ClusterDiscovery.Eds or ClusterDiscovery.OriginalDestination)
        {
            if (cluster.LoadAssignment is not null)
            {
                scope.Field("load_assignment").Error($"a cluster of type {cluster.Type} takes its endpoints from elsewhere.");
            }
        }
        else if (discovery == ClusterDiscovery.LogicalDns && endpoints.Localities.Sum(l => l.Endpoints.Count) != 1 && !scope.HasErrors)
        {
            scope.Field("load_assignment").Error("a cluster of type LOGICAL_DNS has exactly one endpoint.");
        }
    }

    private static string? EndpointName(Cluster cluster, string name, ClusterDiscovery discovery)
    {
        if (discovery != ClusterDiscovery.Eds)
        {
            return null;
        }

        var service = cluster.EdsClusterConfig.ServiceName;
        return service.Length > 0 ? service : name;
    }

    private static Model.LoadBalancingPolicy Policy(Cluster cluster, ClusterDiscovery discovery, CompileScope scope)
    {
        if ((discovery == ClusterDiscovery.OriginalDestination) != (cluster.LbPolicy == Cluster.Types.LbPolicy.ClusterProvided))
        {
            scope.Field("lb_policy").Error("CLUSTER_PROVIDED belongs to clusters of type ORIGINAL_DST, and they to it.");
        }

        switch (cluster.LbPolicy)
        {
            case Cluster.Types.LbPolicy.RoundRobin:
                return Model.LoadBalancingPolicy.RoundRobin;
            case Cluster.Types.LbPolicy.LeastRequest:
                return Model.LoadBalancingPolicy.LeastRequest;
            case Cluster.Types.LbPolicy.Random:
                return Model.LoadBalancingPolicy.Random;
            case Cluster.Types.LbPolicy.ClusterProvided:
                return Model.LoadBalancingPolicy.ClusterProvided;
            case Cluster.Types.LbPolicy.RingHash:
                return Model.LoadBalancingPolicy.RingHash;
            case Cluster.Types.LbPolicy.Maglev:
                return Model.LoadBalancingPolicy.Maglev;
            default:
                scope.Refuse(true, "lb_policy", $"{cluster.LbPolicy}; use ROUND_ROBIN, LEAST_REQUEST, RANDOM, RING_HASH or MAGLEV.");
                return Model.LoadBalancingPolicy.RoundRobin;
        }
    }

    private static int Points(ulong? points, int fallback, CompileScope scope)
    {
        if (points is null or (> 0 and <= HashRing.MaxPoints))
            return (int)(points ?? (ulong)fallback);
        scope.Error($"{points} is out of range: 1 to {HashRing.MaxPoints} is allowed.");
        return fallback;
    }

    private static int Slots(ulong? slots, CompileScope scope)
    {
        const ulong Most = 1_000_003;
        if (slots is null)
            return MaglevTable.DefaultSize;
        bool prime = slots is >= 2 and <= Most;
        for (ulong factor = 2; prime && factor * factor <= slots; factor++)
            prime = slots % factor != 0;
        if (prime)
            return (int)slots;
        scope.Error($"{slots} is not a prime of at most {Most}.");
        return MaglevTable.DefaultSize;
    }

    private static (UpstreamProtocol Protocol, CoreHttpOptions Common, Http2Model Http2, bool Trailers) Http(Cluster cluster, CompileScope scope)
    {
        var common = new CoreHttpOptions();
        var protocol = cluster.Http2ProtocolOptions is null ? UpstreamProtocol.Http1 : UpstreamProtocol.Http2;
        var http2 = Http2(cluster.Http2ProtocolOptions, scope);
        var trailers = false;
        foreach (var (key, any) in cluster.TypedExtensionProtocolOptions)
        {
            var at = scope.Field("typed_extension_protocol_options").Field($"\"{key}\"");
            if (key != HttpOptionsKey)
            {
                at.RefuseType(key, any);
                continue;
            }

            if (at.Unpack(any, UpstreamHttpOptions.Parser) is not { } options)
            {
                continue;
            }

            at.Refuse(options.HttpFilters.Count > 0, "http_filters");
            at.Refuse(options.HashPolicy.Count > 0, "hash_policy");
            at.Refuse(options.RetryPolicy is not null, "retry_policy");
            at.Refuse(options.UpstreamHttpProtocolOptions?.OverrideAutoSniHeader.Length > 0, "upstream_http_protocol_options", "another header for SNI.");
            common = options.CommonHttpProtocolOptions ?? common;
            at.Field("common_http_protocol_options").Refuse(common.MaxStreamDuration is not null, "max_stream_duration");
            at.Field("common_http_protocol_options").Refuse(common.MaxHeadersCount is not null, "max_headers_count");
            (protocol, http2) = Protocol(options, at);
            trailers = PassesTrailers(options);
        }

        return (protocol, common, http2, trailers);
    }

    private static Http2Model Http2(Http2ProtocolOptions? options, CompileScope scope)
    {
        var model = Http2OptionsCompiler.Compile(options, scope);
        return options is null ? Http2Model.Upstream
            : options.MaxConcurrentStreams is null ? model with { MaxConcurrentStreams = Http2Model.Upstream.MaxConcurrentStreams } : model;
    }

    private static (UpstreamProtocol Protocol, Http2Model Http2) Protocol(UpstreamHttpOptions options, CompileScope scope)
    {
        switch (options.UpstreamProtocolOptionsCase)
        {
            case UpstreamHttpOptions.UpstreamProtocolOptionsOneofCase.ExplicitHttpConfig:
                var at = scope.Field("explicit_http_config");
                RefuseUnsupported(options.ExplicitHttpConfig.HttpProtocolOptions, at);
                at.Refuse(options.ExplicitHttpConfig.Http3ProtocolOptions is not null, "http3_protocol_options");
                return (options.ExplicitHttpConfig.Http2ProtocolOptions is not null ? UpstreamProtocol.Http2 : UpstreamProtocol.Http1, Http2(options.ExplicitHttpConfig.Http2ProtocolOptions, at));
            case UpstreamHttpOptions.UpstreamProtocolOptionsOneofCase.UseDownstreamProtocolConfig:
                at = scope.Field("use_downstream_protocol_config");
                RefuseUnsupported(options.UseDownstreamProtocolConfig.HttpProtocolOptions, at);
                at.Refuse(options.UseDownstreamProtocolConfig.Http3ProtocolOptions is not null, "http3_protocol_options");
                return (UpstreamProtocol.UseDownstream, Http2(options.UseDownstreamProtocolConfig.Http2ProtocolOptions, at));
            case UpstreamHttpOptions.UpstreamProtocolOptionsOneofCase.AutoConfig:
                at = scope.Field("auto_config");
                RefuseUnsupported(options.AutoConfig.HttpProtocolOptions, at);
                at.Refuse(options.AutoConfig.Http3ProtocolOptions is not null, "http3_protocol_options");
                return (UpstreamProtocol.Auto, Http2(options.AutoConfig.Http2ProtocolOptions, at));
            default:
                scope.Error("it says no protocol: set `explicit_http_config`, `use_downstream_protocol_config` or `auto_config`.");
                return (UpstreamProtocol.Http1, Http2Model.Upstream);
        }
    }

    private static void RefuseUnsupported(Http1ProtocolOptions? options, CompileScope parent)
    {
        if (options is null) return;
        var scope = parent.Field("http_protocol_options");
        scope.Refuse(options.HeaderKeyFormat is not null, "header_key_format");
        scope.Refuse(options.SendFullyQualifiedUrl, "send_fully_qualified_url");
        scope.Refuse(options.AllowChunkedLength, "allow_chunked_length");
        scope.Refuse(options.OverrideStreamErrorOnInvalidHttpMessage is not null, "override_stream_error_on_invalid_http_message");
    }

    private static bool PassesTrailers(UpstreamHttpOptions options) =>
        (options.ExplicitHttpConfig?.HttpProtocolOptions ?? options.UseDownstreamProtocolConfig?.HttpProtocolOptions ?? options.AutoConfig?.HttpProtocolOptions) is { EnableTrailers: true };

    private static CircuitBreakerModel Thresholds(Cluster cluster, RoutingPriority priority, CompileScope scope)
    {
        if (cluster.CircuitBreakers is not { } breakers)
        {
            return CircuitBreakerModel.Default;
        }

        var at = scope.Field("circuit_breakers");
        at.Refuse(breakers.PerHostThresholds.Count > 0 && priority == RoutingPriority.Default, "per_host_thresholds");
        for (var i = 0; i < breakers.Thresholds.Count; i++)
        {
            var given = breakers.Thresholds[i];
            if (given.Priority == priority)
            {
                at.Item("thresholds", i).Refuse(given.MaxConnectionPools is not null, "max_connection_pools");
                return new CircuitBreakerModel
                {
                    MaxConnections = given.MaxConnections ?? 1024,
                    MaxPendingRequests = given.MaxPendingRequests ?? 1024,
                    MaxRequests = given.MaxRequests ?? 1024,
                    MaxRetries = given.MaxRetries ?? 3,
                    RetryBudgetPercent = given.RetryBudget is null ? 0 : given.RetryBudget.BudgetPercent?.Value ?? 20,
                    MinRetryConcurrency = given.RetryBudget?.MinRetryConcurrency ?? 3,
                };
            }
        }

        return CircuitBreakerModel.Default;
    }

    private static OutlierDetectionModel? Outlier(OutlierDetection? outlier, CompileScope scope)
    {
        if (outlier is null)
        {
            return null;
        }

        // A success rate is judged by default in Envoy, but only above thresholds that few clusters reach; what is asked for is refused.
        scope.Refuse(outlier.EnforcingSuccessRate is > 0, "enforcing_success_rate");
        scope.Refuse(outlier.EnforcingFailurePercentage is > 0, "enforcing_failure_percentage");
        scope.Refuse(outlier.EnforcingFailurePercentageLocalOrigin is > 0, "enforcing_failure_percentage_local_origin");
        scope.Refuse(outlier.EnforcingLocalOriginSuccessRate is > 0, "enforcing_local_origin_success_rate");
        scope.Refuse(outlier.MaxEjectionTimeJitter is not null, "max_ejection_time_jitter");
        scope.Refuse(outlier.Monitors.Count > 0, "monitors");
        scope.Refuse(outlier.AlwaysEjectOneHost == true, "always_eject_one_host");
        var baseTime = scope.Duration(outlier.BaseEjectionTime, "base_ejection_time", TimeSpan.FromSeconds(30));
        var maxTime = scope.Duration(outlier.MaxEjectionTime, "max_ejection_time", TimeSpan.FromSeconds(300));
        return new OutlierDetectionModel
        {
            Consecutive5xx = outlier.Consecutive5Xx ?? 5,
            EnforcingConsecutive5xxPercent = outlier.EnforcingConsecutive5Xx ?? 100,
            ConsecutiveGatewayFailure = outlier.ConsecutiveGatewayFailure ?? 5,
            EnforcingConsecutiveGatewayFailurePercent = outlier.EnforcingConsecutiveGatewayFailure ?? 0,
            ConsecutiveLocalOriginFailure = outlier.ConsecutiveLocalOriginFailure ?? 5,
            SplitExternalLocalOriginErrors = outlier.SplitExternalLocalOriginErrors,
            Interval = scope.Duration(outlier.Interval, "interval", TimeSpan.FromSeconds(10)),
            BaseEjectionTime = baseTime,
            MaxEjectionTime = maxTime > baseTime ? maxTime : baseTime,
            MaxEjectionPercent = outlier.MaxEjectionPercent ?? 10,
        };
    }

    private static TransportSocketMatchModel[] Matches(Cluster cluster, CompileScope scope)
    {
        if (cluster.TransportSocketMatches.Count == 0)
        {
            return [];
        }

        var matches = new TransportSocketMatchModel[cluster.TransportSocketMatches.Count];
        for (var i = 0; i < matches.Length; i++)
        {
            var match = cluster.TransportSocketMatches[i];
            var at = scope.Item("transport_socket_matches", i);
            var labels = EndpointCompiler.Strings(match.Match);
            if (labels.Count != (match.Match?.Fields.Count ?? 0))
            {
                at.Field("match").Error("only text values can be matched.");
            }

            var (tls, proxyProtocol) = TlsCompiler.ToUpstreamTransport(match.TransportSocket, at.Field("transport_socket"));
            matches[i] = new TransportSocketMatchModel
            {
                Name = match.Name,
                Match = labels,
                Tls = tls,
                ProxyProtocol = proxyProtocol,
            };
        }

        return matches;
    }

    private static TcpKeepaliveModel? Keepalive(TcpKeepalive? keepalive, CompileScope scope)
    {
        if (keepalive is null)
        {
            return null;
        }

        var at = scope.Field("upstream_connection_options").Field("tcp_keepalive");
        return new TcpKeepaliveModel(
            keepalive.KeepaliveProbes is null ? null : at.Count(keepalive.KeepaliveProbes, "keepalive_probes", 0, 1, 127),
            keepalive.KeepaliveTime is null ? null : at.Count(keepalive.KeepaliveTime, "keepalive_time", 0, 1, 32_767),
            keepalive.KeepaliveInterval is null ? null : at.Count(keepalive.KeepaliveInterval, "keepalive_interval", 0, 1, 32_767));
    }

    private static NetworkAddress Source(BindConfig? bind, CompileScope scope)
    {
        if (bind is null)
        {
            return default;
        }

        scope.Refuse(bind.Freebind == true, "freebind");
        scope.Refuse(bind.SocketOptions.Count > 0, "socket_options");
        if (bind.SourceAddress is null)
        {
            return default;
        }

        var (host, port) = AddressCompiler.HostAndPort(bind.SourceAddress, scope.Field("source_address"));
        if (host.Length > 0 && !NetworkAddress.TryParse(host, port, out var address))
        {
            scope.Field("source_address").Error($"`{host}` is not an IP address.");
            return default;
        }

        return NetworkAddress.TryParse(host, port, out address) ? address : default;
    }

    /// <summary>The first service of Istio's cluster metadata: what telemetry calls the destination.</summary>
    private static DestinationServiceModel Service(Metadata? metadata)
    {
        if (metadata is null
            || !metadata.FilterMetadata.TryGetValue("istio", out var istio)
            || !istio.Fields.TryGetValue("services", out var services)
            || services.KindCase != Value.KindOneofCase.ListValue
            || services.ListValue.Values.FirstOrDefault()?.StructValue is not { } first)
        {
            return DestinationServiceModel.Unknown;
        }

        string Text(string key) => first.Fields.TryGetValue(key, out var value) ? value.StringValue : "";
        return new DestinationServiceModel(Text("host"), Text("name"), Text("namespace"));
    }
}
