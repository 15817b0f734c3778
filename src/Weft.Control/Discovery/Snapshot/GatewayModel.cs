using System.Collections.Immutable;
using Istio.Networking.V1Alpha3;

namespace Weft.Control.Discovery.Snapshot;

/// <summary>A Gateway resource: servers for the proxies that its selector picks.</summary>
public sealed record GatewayModel(string Namespace, string Name, ImmutableSortedDictionary<string, string> Selector, ImmutableArray<Server> Servers)
{
    /// <summary><c>namespace/name</c>, as VirtualServices refer to it.</summary>
    public string FullName => $"{Namespace}/{Name}";
}
