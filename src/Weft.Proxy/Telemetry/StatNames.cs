using System.Text;

namespace Weft.Proxy.Telemetry;

/// <summary>Turns the members of the statistic enums into Envoy's names, once per process.</summary>
public static class StatNames
{
    private static readonly string[] Scopes = ["ssl", "cors", "fault", "http2", "outlier_detection"];

    public static string[] Cluster { get; } = From<ClusterStat>();

    public static string[] Listener { get; } = From<ListenerStat>();

    public static string[] Http { get; } = From<HttpStat>();

    public static string[] Route { get; } = From<RouteStat>();

    public static string[] Tcp { get; } = From<TcpStat>();

    /// <summary>True for a gauge; all others only grow.</summary>
    public static bool IsGauge(string name) => name.EndsWith("_active", StringComparison.Ordinal) || name.EndsWith("active_faults", StringComparison.Ordinal);

    /// <summary>
    /// <c>UpstreamRq2xx</c> → <c>upstream_rq_2xx</c>, <c>DownstreamCxHttp1Total</c> → <c>downstream_cx_http1_total</c>,
    /// <c>SslHandshake</c> → <c>ssl.handshake</c>, <c>CorsOriginValid</c> → <c>cors.origin_valid</c>.
    /// </summary>
    internal static string ToName(string member)
    {
        StringBuilder name = new();
        for (int i = 0; i < member.Length; i++)
        {
            char letter = member[i];
            // A digit starts a word only in status classes (2xx), not in protocol names (http1).
            bool starts = char.IsAsciiLetterUpper(letter) || (char.IsAsciiDigit(letter) && i + 1 < member.Length && member[i + 1] == 'x');
            if (starts && i > 0) name.Append('_');
            name.Append(char.ToLowerInvariant(letter));
        }

        string whole = name.ToString();
        string? scope = Array.Find(Scopes, scope => whole.StartsWith(scope + "_", StringComparison.Ordinal));
        return scope is null ? whole : $"{scope}.{whole[(scope.Length + 1)..]}";
    }

    private static string[] From<T>()
        where T : struct, Enum => Array.ConvertAll(Enum.GetNames<T>(), ToName);
}
