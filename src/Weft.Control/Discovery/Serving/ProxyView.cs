using System.Collections.Frozen;
using System.Globalization;
using System.IO.Hashing;
using Envoy.Config.Cluster.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Weft.Control.Discovery.Translation;
using Weft.Xds;
using Weft.Xds.Protocol;

namespace Weft.Control.Discovery.Serving;

/// <summary>One proxy's resources as its stream serves them: packed once, each versioned by a hash of its bytes.</summary>
internal sealed class ProxyView : IXdsView
{
    private static readonly FrozenDictionary<string, XdsResource> Nothing = FrozenDictionary<string, XdsResource>.Empty;
    private readonly FrozenDictionary<string, FrozenDictionary<string, XdsResource>> _types;

    /// <param name="version">The snapshot's version.</param>
    /// <param name="resources">The translated resources.</param>
    /// <param name="maySeeSecrets">The stream has proven to be of the proxy's namespace; others get no private keys.</param>
    public ProxyView(string version, ProxyResources resources, bool maySeeSecrets)
    {
        Version = version;
        _types = new Dictionary<string, FrozenDictionary<string, XdsResource>>
        {
            [XdsTypeUrls.Listener] = Pack(resources.Listeners, listener => listener.Name),
            [XdsTypeUrls.Route] = Pack(resources.Routes, route => route.Name),
            [XdsTypeUrls.Cluster] = Pack(resources.Clusters, cluster => cluster.Name, EndpointName),
            [XdsTypeUrls.Endpoint] = Pack(resources.Endpoints, assignment => assignment.ClusterName),
            [XdsTypeUrls.Secret] = maySeeSecrets ? Pack(resources.Secrets, secret => secret.Name) : Nothing,
            [XdsTypeUrls.NameTable] = Pack([resources.Names], _ => "names"),
        }.ToFrozenDictionary();
    }

    public string Version { get; }

    public IReadOnlyCollection<XdsResource> All(string typeUrl) => _types.GetValueOrDefault(typeUrl, Nothing).Values;

    public XdsResource? Find(string typeUrl, string name) => _types.GetValueOrDefault(typeUrl, Nothing).GetValueOrDefault(name);

    private static string? EndpointName(Cluster cluster) =>
        cluster.EdsClusterConfig is { ServiceName.Length: > 0 } eds ? eds.ServiceName : null;

    private static FrozenDictionary<string, XdsResource> Pack<T>(IEnumerable<T> messages, Func<T, string> name, Func<T, string?>? endpointName = null)
        where T : IMessage
    {
        Dictionary<string, XdsResource> packed = [];
        foreach (T message in messages)
        {
            Any body = Any.Pack(message);
            string version = XxHash3.HashToUInt64(body.Value.Span).ToString("x16", CultureInfo.InvariantCulture);
            packed.TryAdd(name(message), new XdsResource(name(message), version, body, endpointName?.Invoke(message)));
        }

        return packed.ToFrozenDictionary();
    }
}
