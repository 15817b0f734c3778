using Weft.Policy.Filters;

namespace Weft.Proxy.Model;

/// <summary>The configuration of one HTTP filter in a connection manager's chain. Each kind of filter derives its own.</summary>
public abstract class HttpFilterModel
{
    /// <summary>The name by which routes refer to it in <c>typed_per_filter_config</c>.</summary>
    public required string Name { get; init; }

    /// <summary>A disabled filter runs only on routes that enable it.</summary>
    public bool Disabled { get; init; }

    /// <summary>What the filter does with requests whose route tells it nothing; null for nothing.</summary>
    public abstract FilterRule? Default { get; }
}
