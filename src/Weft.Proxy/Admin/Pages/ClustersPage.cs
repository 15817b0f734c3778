using System.Text.Json;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Admin.Pages;

/// <summary><c>/clusters</c>: clusters with their bounds and endpoints, as Envoy lists them.</summary>
internal static class ClustersPage
{
    /// <summary><c>cluster::what::value</c> lines.</summary>
    public static void WriteText(ProxySnapshot snapshot, Stream stream)
    {
        Utf8Output output = new(stream);
        foreach (ClusterModel cluster in Sorted(snapshot))
        {
            void Line(string what, string value) => output.Write(cluster.Name).Write("::").Write(what).Write("::").Write(value).Write("\n");
            WriteBounds("default_priority", cluster.CircuitBreakers, Line);
            WriteBounds("high_priority", cluster.HighPriorityCircuitBreakers, Line);
            Line("added_via_api", cluster.VersionInfo.Length > 0 ? "true" : "false");
            foreach (LocalityEndpointsModel locality in cluster.Endpoints.Localities)
            {
                foreach (EndpointModel endpoint in locality.Endpoints)
                {
                    string address = Address(endpoint);
                    Line($"{address}::hostname", endpoint.Hostname);
                    Line($"{address}::health_flags", HealthFlags(endpoint.Health));
                    Line($"{address}::weight", $"{endpoint.Weight}");
                    Line($"{address}::region", locality.Locality.Region);
                    Line($"{address}::zone", locality.Locality.Zone);
                    Line($"{address}::sub_zone", locality.Locality.SubZone);
                    Line($"{address}::priority", $"{locality.Priority}");
                }
            }
        }

        output.Flush();
    }

    public static void WriteJson(ProxySnapshot snapshot, Stream stream)
    {
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteStartArray("cluster_statuses");
        foreach (ClusterModel cluster in Sorted(snapshot))
        {
            json.WriteStartObject();
            json.WriteString("name", cluster.Name);
            json.WriteBoolean("added_via_api", cluster.VersionInfo.Length > 0);
            json.WriteStartArray("host_statuses");
            foreach (LocalityEndpointsModel locality in cluster.Endpoints.Localities)
            {
                foreach (EndpointModel endpoint in locality.Endpoints) WriteHost(json, locality, endpoint);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteHost(Utf8JsonWriter json, LocalityEndpointsModel locality, EndpointModel endpoint)
    {
        json.WriteStartObject();
        json.WriteStartObject("address");
        if (endpoint.InternalListener.Length > 0)
        {
            json.WriteStartObject("envoy_internal_address");
            json.WriteString("server_listener_name", endpoint.InternalListener);
            json.WriteString("endpoint_id", endpoint.Address.IsNone ? "" : endpoint.Address.ToString());
            json.WriteEndObject();
        }
        else
        {
            AdminJson.WriteSocketAddress(json, endpoint.Address);
        }

        json.WriteEndObject();
        if (endpoint.Hostname.Length > 0) json.WriteString("hostname", endpoint.Hostname);
        json.WriteStartObject("health_status");
        json.WriteString("eds_health_status", endpoint.Health == EndpointHealth.Unknown ? "HEALTHY" : endpoint.Health.ToString().ToUpperInvariant());
        json.WriteEndObject();
        json.WriteNumber("weight", endpoint.Weight);
        if (locality.Priority > 0) json.WriteNumber("priority", locality.Priority);
        json.WriteStartObject("locality");
        json.WriteString("region", locality.Locality.Region);
        json.WriteString("zone", locality.Locality.Zone);
        json.WriteString("sub_zone", locality.Locality.SubZone);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteBounds(string priority, CircuitBreakerModel bounds, Action<string, string> line)
    {
        line($"{priority}::max_connections", $"{bounds.MaxConnections}");
        line($"{priority}::max_pending_requests", $"{bounds.MaxPendingRequests}");
        line($"{priority}::max_requests", $"{bounds.MaxRequests}");
        line($"{priority}::max_retries", $"{bounds.MaxRetries}");
    }

    private static IEnumerable<ClusterModel> Sorted(ProxySnapshot snapshot) =>
        snapshot.Clusters.Values.OrderBy(cluster => cluster.Name, StringComparer.Ordinal);

    private static string Address(EndpointModel endpoint) =>
        endpoint.InternalListener.Length > 0 ? $"envoy://{endpoint.InternalListener}/{(endpoint.Address.IsNone ? "" : endpoint.Address.ToString())}"
            : endpoint.Address.IsNone ? $"{endpoint.Hostname}:{endpoint.Port}" : endpoint.Address.ToString();

    private static string HealthFlags(EndpointHealth health) => health switch
    {
        EndpointHealth.Unknown or EndpointHealth.Healthy => "healthy",
        EndpointHealth.Degraded => "/degraded_eds_health",
        EndpointHealth.Draining => "/eds_status_draining",
        _ => "/failed_eds_health",
    };
}
