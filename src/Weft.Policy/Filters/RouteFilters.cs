using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Http.Fault.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Weft.Policy.Routes;
using CorsPolicy = Envoy.Extensions.Filters.Http.Cors.V3.CorsPolicy;

namespace Weft.Policy.Filters;

/// <summary>
/// What the levels of a route configuration tell the HTTP filters, by the filter's name in the connection manager; the most specific level wins
/// (Envoy's <c>typed_per_filter_config</c>). Holds the kinds that there are rules for. Immutable; any thread.
/// </summary>
public sealed class RouteFilters
{
    private readonly KeyValuePair<string, FilterRule>[] _rules;

    private RouteFilters(KeyValuePair<string, FilterRule>[] rules) => _rules = rules;

    /// <summary>Nothing for any filter.</summary>
    public static RouteFilters None { get; } = new([]);

    /// <summary>True when no filter is told anything.</summary>
    public bool IsEmpty => _rules.Length == 0;

    /// <summary>What the filter of that name is told, or null.</summary>
    public FilterRule? Find(string name)
    {
        foreach (KeyValuePair<string, FilterRule> rule in _rules)
        {
            if (rule.Key == name)
                return rule.Value;
        }

        return null;
    }

    /// <summary>These with what a more specific level says.</summary>
    internal RouteFilters With(IEnumerable<KeyValuePair<string, Any>> configs, Place place)
    {
        Dictionary<string, FilterRule>? merged = null;
        foreach ((string name, Any config) in configs)
        {
            if (Compile(config, place.At($"typed_per_filter_config[{name}]")) is { } rule)
                (merged ??= new(_rules))[name] = rule;
        }

        return merged is null ? this : new RouteFilters([.. merged]);
    }

    private static FilterRule? Compile(Any config, Place place)
    {
        if (config.Is(FilterConfig.Descriptor))
        {
            if (Parse(config, FilterConfig.Parser, place) is not { } wrapper)
                return null;
            if (wrapper.Disabled)
                return FilterRule.Off;
            if (wrapper.Config is not null)
                return Compile(wrapper.Config, place.At("config"));
            place.Error("config must be set unless disabled is.");
            return null;
        }

        if (config.Is(HTTPFault.Descriptor))
            return Parse(config, HTTPFault.Parser, place) is { } fault ? FaultRule.Compile(fault, place) : null;
        if (config.Is(CorsPolicy.Descriptor))
            return Parse(config, CorsPolicy.Parser, place) is { } cors ? CorsRule.Compile(cors, place) : null;
        return null;
    }

    private static T? Parse<T>(Any config, MessageParser<T> parser, Place place)
        where T : class, IMessage<T>
    {
        try
        {
            return parser.ParseFrom(config.Value);
        }
        catch (InvalidProtocolBufferException e)
        {
            place.Error($"the bytes are not what the type says: {e.Message}");
            return null;
        }
    }
}
