using System.Globalization;
using System.Text.Json;

namespace Weft.Cli.Supervision;

/// <summary>A port whose clients waited at a proxy because nothing says what it speaks, and its server speaks first (<c>docs/protocols.md</c>).</summary>
/// <param name="Service">The host of the service.</param>
/// <param name="Port">Its port.</param>
/// <param name="Connections">How many connections waited.</param>
/// <param name="WaitedSeconds">For how long, all together.</param>
public sealed record SlowPort(string Service, int Port, long Connections, double WaitedSeconds)
{
    /// <summary>What happened, and what to write so that it does not happen again.</summary>
    public string Sentence()
    {
        string count = Connections == 1 ? "1 connection" : $"{Connections.ToString(CultureInfo.InvariantCulture)} connections";
        string each = (WaitedSeconds / Math.Max(Connections, 1)).ToString("0.##", CultureInfo.InvariantCulture);
        return $"{count} to {Service}, port {Port.ToString(CultureInfo.InvariantCulture)}, waited {each} s{(Connections == 1 ? "" : " each")} for the client to speak, for nothing says what the port speaks, "
            + "and its server speaks first. Name the port tcp-…, or set appProtocol: tcp.";
    }

    /// <summary>Reads the proxy's admin page <c>/slow_detection</c>; what is none gives nothing.</summary>
    public static IReadOnlyList<SlowPort> Parse(string? json)
    {
        if (json is null) return [];
        try
        {
            using JsonDocument page = JsonDocument.Parse(json);
            return [.. page.RootElement.EnumerateArray().Select(static one => new SlowPort(
                one.GetProperty("service").GetString() ?? "", one.GetProperty("port").GetInt32(), one.GetProperty("connections").GetInt64(), one.GetProperty("waited_ms").GetInt64() / 1000.0))];
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // A proxy of another version.
            return [];
        }
    }
}
