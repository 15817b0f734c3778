namespace Weft.Policy.Filters;

/// <summary>What one HTTP filter is told to do with a request, compiled. Immutable; any thread.</summary>
public abstract class FilterRule
{
    private protected FilterRule()
    {
    }

    /// <summary>The filter does nothing here although it would elsewhere (<c>envoy.config.route.v3.FilterConfig</c> with <c>disabled</c>).</summary>
    public static FilterRule Off { get; } = new OffRule();

    private sealed class OffRule : FilterRule;
}
