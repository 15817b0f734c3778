using System.Globalization;
using System.Text.Json.Nodes;
using Weft.Cli.Output;

namespace Weft.Cli.Commands;

/// <summary>A proxy's configuration as tables: what a person looks for first, read from the proto JSON.</summary>
internal static class ProxyConfigTables
{
    /// <summary>Writes a table for each kind wanted.</summary>
    public static void Write(Terminal terminal, JsonObject dump, string[] wanted)
    {
        for (int index = 0; index < wanted.Length; index++)
        {
            if (index > 0)
                terminal.Out.WriteLine();
            IEnumerable<JsonObject> items = (dump[wanted[index]] as JsonArray ?? []).OfType<JsonObject>();
            Table table = wanted[index] switch
            {
                "listeners" => Listeners(items),
                "routes" => Routes(items),
                "clusters" => Clusters(items),
                _ => Endpoints(items),
            };
            table.Write(terminal);
        }
    }

    private static Table Listeners(IEnumerable<JsonObject> items)
    {
        Table table = new("LISTENER", "ADDRESS", "CHAINS", "DIRECTION");
        foreach (JsonObject item in items)
            table.Add(Text(item["name"]), item["internalListener"] is null ? Address(item["address"]) : "internal", Count(item["filterChains"]), Text(item["trafficDirection"]).ToLowerInvariant());
        return table;
    }

    private static Table Routes(IEnumerable<JsonObject> items)
    {
        Table table = new("ROUTE", "VIRTUAL HOST", "MATCH", "DESTINATION");
        foreach (JsonObject item in items)
        {
            foreach (JsonObject host in Objects(item["virtualHosts"]))
            {
                foreach (JsonObject route in Objects(host["routes"]))
                    table.Add(Text(item["name"]), Text(host["name"]), Match(route["match"]), Destination(route));
            }
        }

        return table;
    }

    private static Table Clusters(IEnumerable<JsonObject> items)
    {
        Table table = new("CLUSTER", "TYPE", "BALANCING");
        foreach (JsonObject item in items)
            table.Add(Text(item["name"]), Text(item["type"] ?? item["clusterType"]?["name"]), Text(item["lbPolicy"]));
        return table;
    }

    private static Table Endpoints(IEnumerable<JsonObject> items)
    {
        Table table = new("CLUSTER", "ENDPOINT", "WEIGHT", "HEALTH");
        foreach (JsonObject item in items)
        {
            foreach (JsonObject endpoint in Objects(item["endpoints"]).SelectMany(locality => Objects(locality["lbEndpoints"])))
            {
                table.Add(
                    Text(item["clusterName"]), Address(endpoint["endpoint"]?["address"]), Text(endpoint["loadBalancingWeight"]),
                    Text(endpoint["healthStatus"]) is { Length: > 0 } health ? health.ToLowerInvariant() : "healthy");
            }
        }

        return table;
    }

    private static string Match(JsonNode? match)
    {
        string path = match?["prefix"] is { } prefix ? $"{Text(prefix)}*" : match?["path"] is { } exact ? Text(exact)
            : match?["pathSeparatedPrefix"] is { } separated ? $"{Text(separated)}/*" : match?["safeRegex"]?["regex"] is { } regex ? $"~ {Text(regex)}"
            : match?["connectMatcher"] is not null ? "CONNECT" : "*";
        IEnumerable<string> more = Objects(match?["headers"]).Select(header => Text(header["name"])).Concat(Objects(match?["queryParameters"]).Select(query => "?" + Text(query["name"])));
        return string.Join(' ', more.Prepend(path));
    }

    private static string Destination(JsonObject route)
    {
        if (route["redirect"] is not null)
            return "redirect";
        if (route["directResponse"]?["status"] is { } status)
            return $"answers {Text(status)}";
        if (route["route"]?["cluster"] is { } cluster)
            return Text(cluster);
        return string.Join(", ", Objects(route["route"]?["weightedClusters"]?["clusters"]).Select(part => $"{Text(part["name"])} ({Text(part["weight"])})"));
    }

    // What is behind a listener inside the proxy is written as Envoy does.
    private static string Address(JsonNode? address) => address?["socketAddress"] is { } socket
        ? $"{Text(socket["address"])}:{Text(socket["portValue"])}"
        : address?["envoyInternalAddress"] is { } inside
            ? $"envoy://{Text(inside["serverListenerName"])}/{Text(inside["endpointId"])}"
            : Text(address?["pipe"]?["path"]);

    private static IEnumerable<JsonObject> Objects(JsonNode? list) => (list as JsonArray ?? []).OfType<JsonObject>();

    private static string Count(JsonNode? list) => (list as JsonArray)?.Count.ToString(CultureInfo.InvariantCulture) ?? "0";

    private static string Text(JsonNode? node) => node?.ToString() ?? "";
}
