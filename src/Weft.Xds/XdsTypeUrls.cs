namespace Weft.Xds;

/// <summary>Type URLs of the resources that travel over xDS, and the order in which changes of them are pushed.</summary>
/// <remarks>Source: xDS protocol, "resource types"; Istio's names for its own types.</remarks>
public static class XdsTypeUrls
{
    /// <summary>What stands before a message's full name in every type URL.</summary>
    public const string Prefix = "type.googleapis.com/";

    /// <summary>CDS: <c>envoy.config.cluster.v3.Cluster</c>.</summary>
    public const string Cluster = Prefix + "envoy.config.cluster.v3.Cluster";

    /// <summary>EDS: <c>envoy.config.endpoint.v3.ClusterLoadAssignment</c>.</summary>
    public const string Endpoint = Prefix + "envoy.config.endpoint.v3.ClusterLoadAssignment";

    /// <summary>LDS: <c>envoy.config.listener.v3.Listener</c>.</summary>
    public const string Listener = Prefix + "envoy.config.listener.v3.Listener";

    /// <summary>RDS: <c>envoy.config.route.v3.RouteConfiguration</c>.</summary>
    public const string Route = Prefix + "envoy.config.route.v3.RouteConfiguration";

    /// <summary>SDS: <c>envoy.extensions.transport_sockets.tls.v3.Secret</c>.</summary>
    public const string Secret = Prefix + "envoy.extensions.transport_sockets.tls.v3.Secret";

    /// <summary>ECDS: <c>envoy.config.core.v3.TypedExtensionConfig</c>.</summary>
    public const string ExtensionConfig = Prefix + "envoy.config.core.v3.TypedExtensionConfig";

    /// <summary>NDS, Istio's name table: <c>istio.networking.nds.v1.NameTable</c>.</summary>
    public const string NameTable = Prefix + "istio.networking.nds.v1.NameTable";

    /// <summary>
    /// The order of a push: what is referred to comes before what refers to it, so that nothing points into the void
    /// (make before break): clusters, endpoints, listeners, routes, secrets, then the rest.
    /// </summary>
    public static IReadOnlyList<string> PushOrder { get; } =
        [Cluster, Endpoint, Listener, Route, Secret, ExtensionConfig, NameTable];

    /// <summary>The position of a type in <see cref="PushOrder"/>; types that are not in it come last.</summary>
    /// <param name="typeUrl">A full type URL.</param>
    public static int PushRank(string typeUrl)
    {
        for (var i = 0; i < PushOrder.Count; i++)
        {
            if (PushOrder[i] == typeUrl)
            {
                return i;
            }
        }

        return PushOrder.Count;
    }

    /// <summary>
    /// Whether an empty list of names in the first request means "all", and a state-of-the-world response carries the
    /// full set, so that what is missing in it is deleted: listeners and clusters, and Istio's name table.
    /// </summary>
    /// <param name="typeUrl">A full type URL.</param>
    public static bool IsWildcardType(string typeUrl) => typeUrl is Cluster or Listener or NameTable;

    /// <summary>The short name that people use for a type ("CDS"), or the type URL itself when it has none.</summary>
    /// <param name="typeUrl">A full type URL.</param>
    public static string ShortName(string typeUrl) => typeUrl switch
    {
        Cluster => "CDS",
        Endpoint => "EDS",
        Listener => "LDS",
        Route => "RDS",
        Secret => "SDS",
        ExtensionConfig => "ECDS",
        NameTable => "NDS",
        _ => typeUrl,
    };

    /// <summary>The full message name inside a type URL, or the whole text when it has no slash.</summary>
    /// <param name="typeUrl">A full type URL.</param>
    public static string MessageName(string typeUrl)
    {
        ArgumentNullException.ThrowIfNull(typeUrl);
        return typeUrl[(typeUrl.LastIndexOf('/') + 1)..];
    }
}
