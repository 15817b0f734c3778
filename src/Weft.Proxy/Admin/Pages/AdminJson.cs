using System.Text.Json;
using Weft.Proxy.Model;

namespace Weft.Proxy.Admin.Pages;

/// <summary>Pieces of Envoy's JSON that several pages write.</summary>
internal static class AdminJson
{
    /// <summary>The property <c>socket_address</c>.</summary>
    public static void WriteSocketAddress(Utf8JsonWriter json, NetworkAddress address)
    {
        json.WriteStartObject("socket_address");
        json.WriteString("address", address.IsNone ? "" : address.ToIPAddress().ToString());
        json.WriteNumber("port_value", address.Port);
        json.WriteEndObject();
    }
}
