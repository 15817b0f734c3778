using System.Globalization;
using System.Text.RegularExpressions;

namespace Weft.Proxy.Telemetry;

/// <summary>Envoy's statistics by name, as <c>/stats</c> of the admin server lists them.</summary>
public static class StatsPage
{
    /// <summary>All statistics in the order of their names.</summary>
    /// <param name="telemetry">Whose.</param>
    /// <param name="filter">Only names that match; null is all.</param>
    /// <param name="usedOnly">Leave out what is zero.</param>
    public static IEnumerable<KeyValuePair<string, long>> Read(ProxyTelemetry telemetry, Regex? filter, bool usedOnly)
    {
        List<KeyValuePair<string, long>> all = [];
        Add(all, "cluster.", StatNames.Cluster, StatSums.Of(telemetry.Workers, StatNames.Cluster.Length, worker => worker.ClusterStats));
        Add(all, "http.", StatNames.Http, StatSums.Of(telemetry.Workers, StatNames.Http.Length, worker => worker.HttpStats));
        Add(all, "listener.", StatNames.Listener, StatSums.Of(telemetry.Workers, StatNames.Listener.Length, worker => worker.ListenerStats));
        Add(all, "tcp.", StatNames.Tcp, StatSums.Of(telemetry.Workers, StatNames.Tcp.Length, worker => worker.TcpStats));
        Add(all, "vhost.", StatNames.Route, StatSums.Of(telemetry.Workers, StatNames.Route.Length, worker => worker.RouteStats));
        foreach (GlobalStat stat in telemetry.GlobalStats) all.Add(new(stat.Name, stat.Read()));
        all.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        return all.Where(stat => (!usedOnly || stat.Value != 0) && filter?.IsMatch(stat.Key) != false);
    }

    /// <summary><c>name: value</c> lines.</summary>
    public static void WriteText(IEnumerable<KeyValuePair<string, long>> stats, Utf8Output output)
    {
        foreach ((string name, long value) in stats) output.Write(name).Write(": ").Write(value).Write("\n");
    }

    /// <summary><c>{"stats":[{"name":…,"value":…}]}</c>, Envoy's form.</summary>
    public static void WriteJson(IEnumerable<KeyValuePair<string, long>> stats, Utf8Output output)
    {
        output.Write("{\"stats\":[");
        string separator = "";
        foreach ((string name, long value) in stats)
        {
            output.Write(separator).Write("{\"name\":\"").Write(System.Text.Json.JsonEncodedText.Encode(name).EncodedUtf8Bytes)
                .Write("\",\"value\":").Write(value.ToString(CultureInfo.InvariantCulture)).Write("}");
            separator = ",";
        }

        output.Write("]}\n");
    }

    private static void Add(List<KeyValuePair<string, long>> all, string prefix, string[] names, SortedDictionary<string, long[]> sums)
    {
        foreach ((string of, long[] values) in sums)
        {
            for (int i = 0; i < names.Length; i++) all.Add(new($"{prefix}{of}.{names[i]}", values[i]));
        }
    }
}
