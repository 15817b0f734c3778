using System.Text.Json;
using Weft.Proxy.Listeners;

namespace Weft.Proxy.Admin.Pages;

/// <summary><c>/slow_detection</c>: a JSON array of the ports that are slow because their protocol is found out by looking. Weft's own.</summary>
internal static class DetectionPage
{
    public static void Write(IReadOnlyList<SlowDetection> slow, Stream stream)
    {
        using Utf8JsonWriter json = new(stream);
        json.WriteStartArray();
        foreach (SlowDetection one in slow)
        {
            json.WriteStartObject();
            json.WriteString("listener", one.Listener);
            json.WriteString("service", one.Service);
            json.WriteNumber("port", one.Port);
            json.WriteNumber("connections", one.Connections);
            json.WriteNumber("waited_ms", (long)one.Waited.TotalMilliseconds);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
