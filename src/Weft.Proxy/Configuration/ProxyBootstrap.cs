using Envoy.Config.Core.V3;
using Weft.Proxy.Model;

namespace Weft.Proxy.Configuration;

/// <summary>What a proxy is started with, checked. See <c>docs/proxy-bootstrap.md</c>.</summary>
public sealed class ProxyBootstrap
{
    /// <summary>Who this proxy is.</summary>
    public required Node Node { get; init; }

    /// <summary>Where the admin server listens; none when the bootstrap has no <c>admin</c>.</summary>
    public NetworkAddress AdminAddress { get; init; }

    /// <summary>When load is shed; null where the bootstrap does not say, and the defaults are in force.</summary>
    public OverloadModel? Overload { get; init; }

    /// <summary>The configuration server; null for a proxy with static resources only.</summary>
    public XdsServerSettings? XdsServer { get; init; }

    /// <summary>The store with the static resources in it; discovery adds the rest.</summary>
    public required ConfigurationStore Store { get; init; }
}
