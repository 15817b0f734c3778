using Weft.Control.Discovery.Policies;
using Weft.Control.Discovery.Registry;

namespace Weft.Control.Discovery.Translation.Listeners;

/// <summary>Which chains an inbound port needs for its protocol and mutual TLS mode. Source: Istio's inbound filter chain options.</summary>
internal static class FilterChainKinds
{
    private const string Tls = "tls";
    private const string Plain = "raw_buffer";

    /// <summary>What HTTP over plaintext is sniffed as.</summary>
    public static readonly string[] PlainHttp = ["http/1.0", "http/1.1", "h2c"];

    private static readonly string[] MeshHttp = ["istio-http/1.0", "istio-http/1.1", "istio-h2"];
    private static readonly string[] MeshTcp = ["istio-peer-exchange", "istio"];
    private static readonly string[] MeshAny = ["istio", "istio-peer-exchange", "istio-http/1.0", "istio-http/1.1", "istio-h2"];

    public static IReadOnlyList<FilterChainKind> For(PortProtocol protocol, MutualTlsMode mode)
    {
        if (protocol.IsHttp())
            return OfHttp(mode);
        return protocol == PortProtocol.Unsupported ? OfSniffed(mode) : OfTcp(mode);
    }

    /// <summary>What arrives inside a tunnel, where it was encrypted: nothing is told apart by TLS, so that only a port of no known protocol is looked at.</summary>
    public static IReadOnlyList<FilterChainKind> Carried(PortProtocol protocol) => protocol.IsHttp()
        ? [new("", [], Http: true, EndsTls: false)]
        : protocol == PortProtocol.Unsupported
            ? [new("", PlainHttp, Http: true, EndsTls: false), new("", [], Http: false, EndsTls: false)]
            : [new("", [], Http: false, EndsTls: false)];

    private static FilterChainKind[] OfHttp(MutualTlsMode mode) => mode switch
    {
        MutualTlsMode.Strict => [new(Tls, [], Http: true, EndsTls: true)],
        MutualTlsMode.Permissive => [new(Tls, MeshAny, Http: true, EndsTls: true), new(Plain, [], Http: true, EndsTls: false)],
        _ => [new(Plain, [], Http: true, EndsTls: false)],
    };

    private static FilterChainKind[] OfTcp(MutualTlsMode mode) => mode switch
    {
        MutualTlsMode.Strict => [new(Tls, [], Http: false, EndsTls: true)],
        MutualTlsMode.Permissive =>
        [
            new(Tls, MeshAny, Http: false, EndsTls: true),
            new(Plain, [], Http: false, EndsTls: false),
            new(Tls, [], Http: false, EndsTls: false),
        ],
        _ => [new(Plain, [], Http: false, EndsTls: false), new(Tls, [], Http: false, EndsTls: false)],
    };

    private static FilterChainKind[] OfSniffed(MutualTlsMode mode) => mode switch
    {
        MutualTlsMode.Strict => [new(Tls, MeshHttp, Http: true, EndsTls: true), new(Tls, [], Http: false, EndsTls: true)],
        MutualTlsMode.Permissive =>
        [
            new(Tls, MeshHttp, Http: true, EndsTls: true),
            new(Plain, PlainHttp, Http: true, EndsTls: false),
            new(Tls, MeshTcp, Http: false, EndsTls: true),
            new(Plain, [], Http: false, EndsTls: false),
            new(Tls, [], Http: false, EndsTls: false),
        ],
        _ =>
        [
            new(Plain, PlainHttp, Http: true, EndsTls: false),
            new(Plain, [], Http: false, EndsTls: false),
            new(Tls, [], Http: false, EndsTls: false),
        ],
    };
}
