namespace Weft.Kernel.Capture;

/// <summary>
/// What of a workload's traffic its proxy captures: Istio's <c>istio-iptables</c> options under the names of its pod annotations. One per network namespace. Immutable.
/// </summary>
/// <remarks>
/// The proxy's own traffic is told apart by the user that it runs as (1337, as in Istio), because that covers every socket of the process, also those of the runtime, and needs no
/// privilege and no system call per connection. The mark is a second way for a proxy that must run as root; setting it (SO_MARK) needs CAP_NET_ADMIN.
/// </remarks>
public sealed record CaptureModel
{
    /// <summary>Where the proxy takes captured outbound connections.</summary>
    public ushort OutboundPort { get; init; } = 15001;

    /// <summary>Where the proxy takes captured inbound connections.</summary>
    public ushort InboundPort { get; init; } = 15006;

    /// <summary>Where the proxy answers DNS, on loopback; zero leaves DNS alone.</summary>
    public ushort DnsPort { get; init; } = 15053;

    /// <summary>The user that the proxy runs as; its traffic is not captured.</summary>
    public uint ProxyUserId { get; init; } = 1337;

    /// <summary>The group that the proxy runs as, for a proxy that keeps its user (Istio captures neither); zero for no such rule.</summary>
    public uint ProxyGroupId { get; init; } = 1337;

    /// <summary>Sockets with this mark are not captured; zero for no such rule.</summary>
    public uint ProxyMark { get; init; } = 1337;

    /// <summary>Destinations that are captured (<c>includeOutboundIPRanges</c>); empty means all.</summary>
    public IReadOnlyList<string> IncludeOutboundRanges { get; init; } = [];

    /// <summary>Destinations that are not (<c>excludeOutboundIPRanges</c>).</summary>
    public IReadOnlyList<string> ExcludeOutboundRanges { get; init; } = [];

    /// <summary>Destination ports that are captured even when their address is not included (<c>includeOutboundPorts</c>).</summary>
    public IReadOnlyList<ushort> IncludeOutboundPorts { get; init; } = [];

    /// <summary>Destination ports that are not captured (<c>excludeOutboundPorts</c>).</summary>
    public IReadOnlyList<ushort> ExcludeOutboundPorts { get; init; } = [];

    /// <summary>Inbound ports that are captured (<c>includeInboundPorts</c>); null means all.</summary>
    public IReadOnlyList<ushort>? IncludeInboundPorts { get; init; }

    /// <summary>Inbound ports that are not (<c>excludeInboundPorts</c>); the default is the proxy's own ports.</summary>
    public IReadOnlyList<ushort> ExcludeInboundPorts { get; init; } = [15008, 15020, 15021, 15090];

    /// <summary>Interfaces whose traffic is left alone (<c>excludeInterfaces</c>).</summary>
    public IReadOnlyList<string> ExcludeInterfaces { get; init; } = [];
}
