using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Weft.Xds.Protocol;

/// <summary>One resource, packed once and shared by every stream that sends it. Immutable, safe on any thread.</summary>
public sealed class XdsResource
{
    /// <summary>Wraps a resource that is packed already.</summary>
    /// <param name="name">Its name, unique among resources of its type.</param>
    /// <param name="version">Changes exactly when the content changes: a hash of the content does.</param>
    /// <param name="body">The packed message; the resource owns it from here on.</param>
    /// <param name="endpointName">For a cluster: the name of its endpoints, when it is not the cluster's own name.</param>
    public XdsResource(string name, string version, Any body, string? endpointName = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(version);
        ArgumentNullException.ThrowIfNull(body);
        Name = name;
        Version = version;
        Body = body;
        EndpointName = endpointName ?? name;
    }

    /// <summary>The name, unique among resources of its type.</summary>
    public string Name { get; }

    /// <summary>Opaque; two resources of one name and one version are the same.</summary>
    public string Version { get; }

    /// <summary>The packed message. Do not change it.</summary>
    public Any Body { get; }

    /// <summary>For a cluster: under which name its endpoints are asked for.</summary>
    public string EndpointName { get; }

    /// <summary>Packs a message.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="version">Its version.</param>
    /// <param name="message">The message; it is serialized here and not kept.</param>
    public static XdsResource Pack(string name, string version, IMessage message) => new(name, version, Any.Pack(message));
}
