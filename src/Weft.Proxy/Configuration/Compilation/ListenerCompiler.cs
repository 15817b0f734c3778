using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Listener.ProxyProtocol.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Weft.Proxy.Model;
using Weft.Xds;

namespace Weft.Proxy.Configuration.Compilation;

/// <summary>LDS: <c>Listener</c> → <see cref="ListenerModel"/>.</summary>
internal static class ListenerCompiler
{
    private const string ManagerType = XdsTypeUrls.Prefix + "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
    private const string TcpProxyType = XdsTypeUrls.Prefix + "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
    private const string ListenerFilters = XdsTypeUrls.Prefix + "envoy.extensions.filters.listener.";

    public static ListenerModel? Compile(Listener listener, string version, CompileScope scope)
    {
        RefuseUnsupported(listener, scope);
        if (listener.Name.Length == 0)
        {
            scope.Field("name").Error("a listener needs a name.");
        }

        if (listener.FilterChains.Count == 0 && listener.DefaultFilterChain is null)
        {
            scope.Error("a listener needs at least one filter chain.");
        }

        var isInternal = listener.InternalListener is not null;
        var model = new ListenerModel
        {
            Name = listener.Name,
            IsInternal = isInternal,
            Address = isInternal ? Internal(listener, scope) : AddressCompiler.Literal(listener.Address, scope.Field("address")),
            Direction = (TrafficDirection)listener.TrafficDirection,
            BindToPort = !isInternal && (listener.BindToPort ?? listener.DeprecatedV1?.BindToPort) != false,
            UseOriginalDestination = listener.UseOriginalDst == true,
            Sniffing = Sniffing(listener, scope),
            ListenerFiltersTimeout = scope.Duration(listener.ListenerFiltersTimeout, "listener_filters_timeout", TimeSpan.FromSeconds(15)),
            ContinueOnListenerFiltersTimeout = listener.ContinueOnListenerFiltersTimeout,
            FilterChains = Chains(listener, version, scope),
            DefaultFilterChain = listener.DefaultFilterChain is { } chain ? Chain(chain, version, scope.Field("default_filter_chain")) : null,
            PerConnectionBufferLimitBytes = scope.Count(listener.PerConnectionBufferLimitBytes, "per_connection_buffer_limit_bytes", 1 << 20),
            Backlog = scope.Count(listener.TcpBacklogSize, "tcp_backlog_size", 4096, 1),
            AccessLogs = AccessLogCompiler.Compile(listener.AccessLog, scope),
            VersionInfo = version,
        };
        return scope.HasErrors ? null : model;
    }

    private static void RefuseUnsupported(Listener listener, CompileScope scope)
    {
        scope.Refuse(listener.AdditionalAddresses.Count > 0, "additional_addresses");
        scope.Refuse(listener.FilterChainMatcher is not null, "filter_chain_matcher");
        scope.Refuse(listener.Transparent == true, "transparent");
        scope.Refuse(listener.Freebind == true, "freebind");
        scope.Refuse(listener.SocketOptions.Count > 0, "socket_options");
        scope.Refuse(listener.TcpFastOpenQueueLength is not null, "tcp_fast_open_queue_length");
        scope.Refuse(listener.UdpListenerConfig is not null, "udp_listener_config");
        scope.Refuse(listener.ApiListener is not null, "api_listener");
        scope.Refuse(listener.ConnectionBalanceConfig is not null, "connection_balance_config", "connections are balanced by the kernel.");
        scope.Refuse(listener.EnableReusePort == false, "enable_reuse_port", "each worker has a socket of its own.");
        scope.Refuse(listener.EnableMptcp, "enable_mptcp");
    }

    private static NetworkAddress Internal(Listener listener, CompileScope scope)
    {
        if (listener.Address is { } address && (address.EnvoyInternalAddress is not { } named || named.ServerListenerName != listener.Name))
        {
            scope.Field("address").Error("an internal listener has no address, or that of its own name: `envoy_internal_address`.");
        }

        scope.Refuse(listener.UseOriginalDst == true, "use_original_dst", "on an internal listener.");
        return default;
    }

    private static ListenerSniffing Sniffing(Listener listener, CompileScope scope)
    {
        var sniffing = ListenerSniffing.None;
        for (var i = 0; i < listener.ListenerFilters.Count; i++)
        {
            var filter = listener.ListenerFilters[i];
            var at = scope.Item("listener_filters", i);
            at.Refuse(filter.ConfigDiscovery is not null, "config_discovery");
            at.Refuse(filter.FilterDisabled is not null, "filter_disabled");
            var type = filter.TypedConfig?.TypeUrl ?? "";
            switch (type.StartsWith(ListenerFilters, StringComparison.Ordinal) ? type[ListenerFilters.Length..] : type)
            {
                case "tls_inspector.v3.TlsInspector":
                    sniffing |= ListenerSniffing.Tls;
                    break;
                case "http_inspector.v3.HttpInspector":
                    sniffing |= ListenerSniffing.Http;
                    break;
                case "original_dst.v3.OriginalDst":
                    sniffing |= ListenerSniffing.OriginalDestination;
                    break;
                case "proxy_protocol.v3.ProxyProtocol":
                    CheckProxyProtocol(filter, at.Field("typed_config"));
                    sniffing |= ListenerSniffing.ProxyProtocol;
                    break;
                default:
                    at.Field("typed_config").RefuseType(filter.Name, filter.TypedConfig);
                    break;
            }
        }

        return sniffing;
    }

    private static void CheckProxyProtocol(ListenerFilter filter, CompileScope scope)
    {
        if (scope.Unpack(filter.TypedConfig, ProxyProtocol.Parser) is not { } proxy)
        {
            return;
        }

        scope.Refuse(proxy.Rules.Count > 0, "rules");
        scope.Refuse(proxy.AllowRequestsWithoutProxyProtocol, "allow_requests_without_proxy_protocol");
        scope.Refuse(proxy.PassThroughTlvs is not null, "pass_through_tlvs");
        scope.Refuse(proxy.DisallowedVersions.Count > 0, "disallowed_versions");
    }

    private static List<FilterChainModel> Chains(Listener listener, string version, CompileScope scope)
    {
        var chains = new List<FilterChainModel>(listener.FilterChains.Count);
        var matches = new HashSet<FilterChainMatch>();
        for (var i = 0; i < listener.FilterChains.Count; i++)
        {
            var at = scope.Item("filter_chains", i);
            if (!matches.Add(listener.FilterChains[i].FilterChainMatch ?? new FilterChainMatch()))
            {
                at.Field("filter_chain_match").Error("another filter chain of this listener matches the same: only one could ever be chosen.");
            }

            if (Chain(listener.FilterChains[i], version, at) is { } chain)
            {
                chains.Add(chain);
            }
        }

        return chains;
    }

    private static FilterChainModel? Chain(FilterChain chain, string version, CompileScope scope)
    {
        scope.Refuse(chain.UseProxyProto == true, "use_proxy_proto", "use the listener filter `proxy_protocol`.");
        for (var i = 0; i < chain.Filters.Count - 1; i++)
        {
            scope.Item("filters", i).Field("typed_config").RefuseType(chain.Filters[i].Name, chain.Filters[i].TypedConfig);
        }

        if (chain.Filters.Count == 0)
        {
            scope.Field("filters").Error("a filter chain needs a filter: the HTTP connection manager or the TCP proxy.");
            return null;
        }

        var last = scope.Item("filters", chain.Filters.Count - 1);
        var terminal = Terminal(chain.Filters[^1], version, last);
        var match = Match(chain.FilterChainMatch, scope.Field("filter_chain_match"));
        var tls = TlsCompiler.ToDownstream(chain.TransportSocket, scope.Field("transport_socket"));
        return terminal is null
            ? null
            : new FilterChainModel
            {
                Name = chain.Name,
                Match = match,
                Tls = tls,
                TransportSocketConnectTimeout = scope.Duration(chain.TransportSocketConnectTimeout, "transport_socket_connect_timeout", TimeSpan.Zero),
                Terminal = terminal,
            };
    }

    private static TerminalModel? Terminal(Filter filter, string version, CompileScope scope)
    {
        scope.Refuse(filter.ConfigDiscovery is not null, "config_discovery");
        var typed = scope.Field("typed_config");
        switch (filter.TypedConfig?.TypeUrl)
        {
            case ManagerType:
                return typed.Unpack(filter.TypedConfig, HttpConnectionManager.Parser) is { } manager
                    ? HttpConnectionManagerCompiler.Compile(manager, version, typed)
                    : null;
            case TcpProxyType:
                return typed.Unpack(filter.TypedConfig, TcpProxy.Parser) is { } proxy ? TcpProxyCompiler.Compile(proxy, typed) : null;
            default:
                typed.RefuseType(filter.Name, filter.TypedConfig);
                return null;
        }
    }

    private static FilterChainMatchModel Match(FilterChainMatch? match, CompileScope scope)
    {
        if (match is null)
        {
            return FilterChainMatchModel.Any;
        }

        scope.Refuse(match.AddressSuffix.Length > 0, "address_suffix");
        scope.Refuse(match.SuffixLen is not null, "suffix_len");
        if (match.TransportProtocol is not ("" or "tls" or "raw_buffer"))
        {
            scope.Field("transport_protocol").Error($"`{match.TransportProtocol}` is not known; use `tls` or `raw_buffer`.");
        }

        for (var i = 0; i < match.ServerNames.Count; i++)
        {
            var name = match.ServerNames[i];
            if (name.IndexOf('*', StringComparison.Ordinal) > 0 || (name.StartsWith('*') && !name.StartsWith("*.", StringComparison.Ordinal)))
            {
                scope.Item("server_names", i).Error($"`{name}`: a wildcard stands for whole labels at the start, as in `*.example.com`.");
            }
        }

        return new FilterChainMatchModel
        {
            DestinationPort = scope.Count(match.DestinationPort, "destination_port", 0, 1, ushort.MaxValue),
            DestinationPrefixes = AddressCompiler.Prefixes(match.PrefixRanges, scope, "prefix_ranges"),
            ServerNames = [.. match.ServerNames.Select(n => n.ToLowerInvariant())],
            TransportProtocol = match.TransportProtocol.Length == 0 ? null : match.TransportProtocol,
            ApplicationProtocols = [.. match.ApplicationProtocols],
            DirectSourcePrefixes = AddressCompiler.Prefixes(match.DirectSourcePrefixRanges, scope, "direct_source_prefix_ranges"),
            SourceType = (SourceType)match.SourceType,
            SourcePrefixes = AddressCompiler.Prefixes(match.SourcePrefixRanges, scope, "source_prefix_ranges"),
            SourcePorts = [.. match.SourcePorts.Select(p => (int)p)],
        };
    }
}
