using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Google.Protobuf.WellKnownTypes;
using Weft.Proxy.Model;

namespace Weft.Proxy.Configuration.Compilation;

/// <summary>EDS: <c>ClusterLoadAssignment</c> → <see cref="EndpointSetModel"/>.</summary>
internal static class EndpointCompiler
{
    private const int DefaultOverprovisioning = 140;
    private const string OriginalDestination = "envoy.filters.listener.original_dst";

    /// <param name="assignment">The message.</param>
    /// <param name="version">Its version.</param>
    /// <param name="namesAllowed">Whether endpoints may be host names: only in DNS clusters.</param>
    /// <param name="scope">Where errors go.</param>
    public static EndpointSetModel? Compile(ClusterLoadAssignment assignment, string version, bool namesAllowed, CompileScope scope)
    {
        scope.Refuse(assignment.NamedEndpoints.Count > 0, "named_endpoints");
        var policy = assignment.Policy;
        if (policy is not null)
        {
            var at = scope.Field("policy");
            at.Refuse(policy.DropOverloads.Count > 0, "drop_overloads");
            at.Refuse(policy.EndpointStaleAfter is not null, "endpoint_stale_after");
            at.Refuse(policy.WeightedPriorityHealth, "weighted_priority_health");
        }

        // Endpoints that agree share their metadata: a thousand endpoints have a handful of different ones.
        var known = new Dictionary<EndpointMetadataKey, EndpointMetadataModel>();
        var localities = new LocalityEndpointsModel[assignment.Endpoints.Count];
        for (var i = 0; i < localities.Length; i++)
        {
            localities[i] = Locality(assignment.Endpoints[i], namesAllowed, known, scope.Item("endpoints", i));
        }

        CheckPriorities(localities, scope);
        if (scope.HasErrors)
        {
            return null;
        }

        return new EndpointSetModel
        {
            Localities = localities,
            OverprovisioningFactor = scope.Field("policy").Count(policy?.OverprovisioningFactor, "overprovisioning_factor", DefaultOverprovisioning, 1),
            VersionInfo = version,
        };
    }

    /// <summary>String values of one metadata namespace; other kinds of values are skipped.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Strings(Struct? fields) => fields is null
        ? []
        : [.. fields.Fields.Where(f => f.Value.KindCase == Value.KindOneofCase.StringValue)
            .Select(f => KeyValuePair.Create(f.Key, f.Value.StringValue)).OrderBy(f => f.Key, StringComparer.Ordinal)];

    private static LocalityEndpointsModel Locality(
        LocalityLbEndpoints locality, bool namesAllowed, Dictionary<EndpointMetadataKey, EndpointMetadataModel> known, CompileScope scope)
    {
        // Of one that is refused an empty one stands in the array: with errors, nothing of it is used.
        var endpoints = new EndpointModel[locality.LbEndpoints.Count];
        for (var i = 0; i < endpoints.Length; i++)
        {
            endpoints[i] = Endpoint(locality.LbEndpoints[i], namesAllowed, known, scope.Item("lb_endpoints", i)) ?? new EndpointModel();
        }

        var name = locality.Locality;
        return new LocalityEndpointsModel
        {
            Locality = name is null ? LocalityModel.None : new LocalityModel(name.Region, name.Zone, name.SubZone),
            Priority = scope.Count(locality.Priority, "priority", 0, 0, 128),
            Weight = locality.LoadBalancingWeight ?? 0,
            Endpoints = endpoints,
        };
    }

    /// <summary>An endpoint behind an internal listener: what the listener is asked for is in the endpoint's metadata, as Istio puts it there.</summary>
    private static EndpointModel? Internal(LbEndpoint lb, EnvoyInternalAddress inside, Dictionary<EndpointMetadataKey, EndpointMetadataModel> known, CompileScope scope)
    {
        if (inside.ServerListenerName.Length == 0)
        {
            scope.Field("endpoint").Field("address").Field("envoy_internal_address").Field("server_listener_name").Error("it is empty.");
        }

        NetworkAddress address = default;
        if (lb.Metadata is { } metadata && String(metadata, OriginalDestination, "local") is { } local
            && !(System.Net.IPEndPoint.TryParse(local, out var end) && end.Port > 0 && NetworkAddress.TryParse(end.Address.ToString(), end.Port, out address)))
        {
            scope.Field("metadata").Field(OriginalDestination).Error($"`{local}` is not an IP address with a port.");
        }

        return new EndpointModel
        {
            Address = address,
            InternalListener = inside.ServerListenerName,
            Hostname = lb.Endpoint.Hostname,
            Weight = lb.LoadBalancingWeight ?? 1,
            Health = (EndpointHealth)lb.HealthStatus,
            Metadata = Metadata(lb.Metadata, known),
        };
    }

    private static EndpointModel? Endpoint(
        LbEndpoint lb, bool namesAllowed, Dictionary<EndpointMetadataKey, EndpointMetadataModel> known, CompileScope scope)
    {
        if (lb.HostIdentifierCase != LbEndpoint.HostIdentifierOneofCase.Endpoint)
        {
            scope.Error("it has no `endpoint`.");
            return null;
        }

        var endpoint = lb.Endpoint;
        var at = scope.Field("endpoint");
        at.Refuse(endpoint.AdditionalAddresses.Count > 0, "additional_addresses");
        at.Refuse(endpoint.HealthCheckConfig is { DisableActiveHealthCheck: false } and not { PortValue: 0, Hostname: "", Address: null }, "health_check_config");
        if (endpoint.Address?.EnvoyInternalAddress is { } inside)
        {
            return Internal(lb, inside, known, scope);
        }

        var (host, port) = AddressCompiler.HostAndPort(endpoint.Address, at.Field("address"));
        if (host.Length == 0)
        {
            return null;
        }

        var isLiteral = NetworkAddress.TryParse(host, port, out var address);
        if (!isLiteral && !namesAllowed)
        {
            at.Field("address").Error($"`{host}` is not an IP address; host names need a cluster of type STRICT_DNS or LOGICAL_DNS.");
            return null;
        }

        if (lb.LoadBalancingWeight == 0)
        {
            scope.Field("load_balancing_weight").Error("0 is not a weight; leave the endpoint out instead.");
        }

        return new EndpointModel
        {
            Address = isLiteral ? address : default,
            Hostname = isLiteral ? endpoint.Hostname : host,
            Port = port,
            Weight = lb.LoadBalancingWeight ?? 1,
            Health = (EndpointHealth)lb.HealthStatus,
            Metadata = Metadata(lb.Metadata, known),
        };
    }

    private static EndpointMetadataModel Metadata(Metadata? metadata, Dictionary<EndpointMetadataKey, EndpointMetadataModel> known)
    {
        if (metadata is null || metadata.FilterMetadata.Count == 0)
        {
            return EndpointMetadataModel.None;
        }

        var match = Strings(metadata.FilterMetadata.GetValueOrDefault("envoy.transport_socket_match"));
        var workload = String(metadata, "istio", "workload");
        var identity = String(metadata, "istio", "identity");
        var hashKey = String(metadata, "envoy.lb", "hash_key");
        var key = new EndpointMetadataKey(string.Join(';', match.Select(m => $"{m.Key}={m.Value}")), workload, identity, hashKey);
        if (!known.TryGetValue(key, out var model))
        {
            model = new EndpointMetadataModel { TransportSocketMatch = match, Workload = workload ?? "", Identity = identity ?? "", HashKey = hashKey };
            known.Add(key, model);
        }

        return model;
    }

    private static string? String(Metadata metadata, string filter, string key) =>
        metadata.FilterMetadata.TryGetValue(filter, out var fields)
        && fields.Fields.TryGetValue(key, out var value)
        && value.KindCase == Value.KindOneofCase.StringValue
            ? value.StringValue
            : null;

    private static void CheckPriorities(LocalityEndpointsModel[] localities, CompileScope scope)
    {
        if (Array.TrueForAll(localities, static locality => locality.Priority == 0))
        {
            return;
        }

        var priorities = localities.Select(l => l.Priority).Distinct().Order().ToList();
        for (var i = 0; i < priorities.Count; i++)
        {
            if (priorities[i] != i)
            {
                scope.Field("endpoints").Error($"priority {i} is missing: priorities start at 0 and have no gaps.");
                return;
            }
        }
    }

    private sealed record EndpointMetadataKey(string Match, string? Workload, string? Identity, string? HashKey);
}
