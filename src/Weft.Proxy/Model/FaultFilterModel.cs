using Weft.Policy.Filters;

namespace Weft.Proxy.Model;

/// <summary>The fault filter (<c>envoy.extensions.filters.http.fault.v3.HTTPFault</c>).</summary>
public sealed class FaultFilterModel : HttpFilterModel
{
    /// <summary>The filter's own configuration.</summary>
    public required FaultRule Rule { get; init; }

    public override FilterRule? Default => Disabled || (Rule.Delay == TimeSpan.Zero && Rule.AbortStatus == 0) ? null : Rule;
}
