using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Google.Protobuf.WellKnownTypes;
using Manager = Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpConnectionManager;

namespace Weft.Control.Discovery.Translation.Listeners;

/// <summary>
/// The two profiles of limits. EDGE, for gateways, is Envoy's advice for clients that nobody knows and what Istio's profile of that name sets; MESH, for
/// sidecars, is Istio's: no stream is ended for being idle, and the rest is what the proxy does when nothing is said. <c>docs/security.md</c> has the table.
/// </summary>
internal static class HardeningProfile
{
    /// <summary>Bytes of one direction that may wait at the edge before the other side is not read.</summary>
    public const uint EdgeBufferBytes = 32 * 1024;

    /// <summary>A client of the mesh: known, and allowed to be silent.</summary>
    public static void ApplyMesh(Manager manager)
    {
        manager.UseRemoteAddress = false;
        manager.StreamIdleTimeout = Protos.NoTimeout;
        manager.NormalizePath = true;
        manager.PathWithEscapedSlashesAction = Manager.Types.PathWithEscapedSlashesAction.KeepUnchanged;
    }

    /// <summary>A client that nobody knows.</summary>
    public static void ApplyEdge(Manager manager)
    {
        manager.UseRemoteAddress = true;
        manager.StreamIdleTimeout = Duration.FromTimeSpan(TimeSpan.FromMinutes(5));
        manager.RequestTimeout = Duration.FromTimeSpan(TimeSpan.FromMinutes(5));
        manager.RequestHeadersTimeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(60));
        manager.CommonHttpProtocolOptions = new HttpProtocolOptions
        {
            IdleTimeout = Duration.FromTimeSpan(TimeSpan.FromHours(1)),
            HeadersWithUnderscoresAction = HttpProtocolOptions.Types.HeadersWithUnderscoresAction.RejectRequest,
        };
        manager.Http2ProtocolOptions = new Http2ProtocolOptions
        {
            MaxConcurrentStreams = 100,
            InitialStreamWindowSize = 64 * 1024,
            InitialConnectionWindowSize = 1024 * 1024,
            AllowConnect = true,
        };
        manager.NormalizePath = true;
        manager.MergeSlashes = true;
        manager.PathWithEscapedSlashesAction = Manager.Types.PathWithEscapedSlashesAction.UnescapeAndRedirect;
    }

    /// <summary>What a listener at the edge holds back for one connection.</summary>
    public static void ApplyEdge(Listener listener) => listener.PerConnectionBufferLimitBytes = EdgeBufferBytes;
}
