using System.Text.Json;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Admin.Pages;

/// <summary><c>/listeners</c>: names and addresses, as Envoy lists them.</summary>
internal static class ListenersPage
{
    /// <summary><c>name::address</c> lines.</summary>
    public static void WriteText(IAdminTarget target, Stream stream)
    {
        Utf8Output output = new(stream);
        foreach (ListenerModel listener in target.Snapshot.Listeners)
            output.Write(listener.Name).Write("::").Write(Address(target, listener).ToString()).Write("\n");
        output.Flush();
    }

    public static void WriteJson(IAdminTarget target, Stream stream)
    {
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteStartArray("listener_statuses");
        foreach (ListenerModel listener in target.Snapshot.Listeners)
        {
            json.WriteStartObject();
            json.WriteString("name", listener.Name);
            json.WriteStartObject("local_address");
            AdminJson.WriteSocketAddress(json, Address(target, listener));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static NetworkAddress Address(IAdminTarget target, ListenerModel listener)
    {
        NetworkAddress bound = target.BoundAddress(listener.Name);
        return bound.IsNone ? listener.Address : bound;
    }
}
