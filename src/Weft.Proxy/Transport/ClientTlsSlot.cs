using Weft.Proxy.Model;
using Weft.Proxy.Tls;
using Weft.Proxy.Tls.Native;

namespace Weft.Proxy.Transport;

/// <summary>The TLS towards endpoints: a context, or the reason why there is none yet, in which case connecting fails with it.</summary>
internal sealed record ClientTlsSlot(UpstreamTlsModel Model, TlsClientContext? Context, string Problem)
{
    /// <summary>Offered by connections that will speak HTTP/1.1, in wire form.</summary>
    public byte[] Http1Alpn { get; } = Context is null ? [] : AlpnList.Encode(ForHttp1(Model.AlpnProtocols));

    /// <summary>Offered by connections that will speak HTTP/2. Servers rely on the name, so it is offered even when no list is configured.</summary>
    public byte[] Http2Alpn { get; } = Context is null ? [] : AlpnList.Encode(ForHttp2(Model.AlpnProtocols));

    /// <summary>Offered by connections of which the endpoint chooses the protocol.</summary>
    public byte[] AutoAlpn { get; } = Context is null ? [] : AlpnList.Encode(Model.AlpnProtocols.Count > 0 ? Model.AlpnProtocols : ["h2", "http/1.1"]);

    /// <summary>True for the names of HTTP/2: the registered one, and that between proxies of a mesh.</summary>
    public static bool IsHttp2(ReadOnlySpan<byte> alpn) => alpn.SequenceEqual("h2"u8) || alpn.SequenceEqual("istio-h2"u8);

    private static bool IsHttp2(string name) => name is "h2" or "istio-h2";

    /// <summary>Between proxies of a mesh the name says the protocol and that the peer is one of the mesh, as Istio's ALPN filter does.</summary>
    private static bool IsMesh(IReadOnlyList<string> names) => names.Contains("istio");

    private static string[] ForHttp1(IReadOnlyList<string> names)
    {
        IEnumerable<string> rest = names.Where(static name => !IsHttp2(name));
        return [.. IsMesh(names) ? rest.Prepend("istio-http/1.1").Distinct() : rest];
    }

    private static string[] ForHttp2(IReadOnlyList<string> names)
    {
        IEnumerable<string> rest = names.Where(static name => !name.StartsWith("istio-http/", StringComparison.Ordinal) && !name.StartsWith("http/1", StringComparison.Ordinal));
        if (IsMesh(names)) rest = rest.Prepend("istio-h2");
        return [.. rest.Append("h2").Distinct()];
    }
}
