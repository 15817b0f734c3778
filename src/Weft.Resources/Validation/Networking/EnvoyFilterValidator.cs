using Istio.Networking.V1Alpha3;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation.Networking;

/// <summary>Rules for EnvoyFilter and ProxyConfig.</summary>
internal static class EnvoyFilterValidator
{
    private const int MaxEnvironmentValue = 2048;

    public static void Check(Scope at, EnvoyFilter filter)
    {
        SelectorRules.Workloads(at["workloadSelector"], filter.WorkloadSelector);
        SelectorRules.Targets(at.Here(), "workloadSelector", filter.WorkloadSelector is not null, null, filter.TargetRefs);
        if (filter.ConfigPatches.Count == 0)
            at["configPatches"].Report(ValueDiagnostics.EmptyBlock, "is empty: the filter changes nothing.", "Write at least one patch.");
        for (int i = 0; i < filter.ConfigPatches.Count; i++)
            Patch(at["configPatches"][i], filter.ConfigPatches[i]);
    }

    public static void Check(Scope at, Istio.Networking.V1Beta1.ProxyConfig config)
    {
        SelectorRules.Workloads(at["selector"], config.Selector);
        if (config.Concurrency is { } concurrency)
            ValueRules.NotNegative(at["concurrency"], concurrency);
        foreach ((string name, string value) in config.EnvironmentVariables)
        {
            Scope place = at["environmentVariables"][name];
            if (name.Length == 0 || name.Contains('=', StringComparison.Ordinal) || name.Contains('\0', StringComparison.Ordinal))
                place.Report(ValueDiagnostics.Name, "is no name of an environment variable.", "Use letters, digits and _.");
            ValueRules.Length(place.Here(), value, MaxEnvironmentValue);
        }
        if (config.Image is { ImageType.Length: > 0 } image)
            ValueRules.OneOf(at["image"]["imageType"], image.ImageType, "default", "debug", "distroless");
    }

    private static void Patch(Scope at, EnvoyFilter.Types.EnvoyConfigObjectPatch patch)
    {
        if (patch.ApplyTo == EnvoyFilter.Types.ApplyTo.Invalid)
            at["applyTo"].Report(ValueDiagnostics.Required, "is required.", "Write for example applyTo: HTTP_FILTER.");
        EnvoyFilter.Types.Patch.Types.Operation operation = patch.Patch?.Operation ?? EnvoyFilter.Types.Patch.Types.Operation.Invalid;
        if (patch.Patch is null || operation == EnvoyFilter.Types.Patch.Types.Operation.Invalid)
            at["patch"]["operation"].Report(ValueDiagnostics.Required, "is required.", "Write for example operation: INSERT_BEFORE.");
        else if (operation != EnvoyFilter.Types.Patch.Types.Operation.Remove && patch.Patch.Value is null)
            at["patch"]["value"].Report(ValueDiagnostics.Required, "is required for every operation but REMOVE.", "Write the part of Envoy's configuration to put in.");
        if (patch.Match is not { } match)
            return;
        if (match.Proxy is { ProxyVersion.Length: > 0 } proxy)
            ValueRules.Regex(at["match"]["proxy"]["proxyVersion"], proxy.ProxyVersion);
        bool isWaypoint = match.Context == EnvoyFilter.Types.PatchContext.Waypoint;
        if (match.Waypoint is not null != isWaypoint && (isWaypoint ? match.ObjectTypesCase != EnvoyFilter.Types.EnvoyConfigObjectMatch.ObjectTypesOneofCase.None : true))
            at["match"].Report(TrafficDiagnostics.EnvoyPatch, "must use waypoint with the context WAYPOINT, and only there.", "Change the context or the match.");
        if (match.Waypoint is { PortNumber: not 0 } waypoint)
            ValueRules.Port(at["match"]["waypoint"]["portNumber"], waypoint.PortNumber);
        Object(at, patch.ApplyTo, match);
    }

    private static void Object(Scope at, EnvoyFilter.Types.ApplyTo applyTo, EnvoyFilter.Types.EnvoyConfigObjectMatch match)
    {
        (string? wanted, bool fits) = applyTo switch
        {
            EnvoyFilter.Types.ApplyTo.Listener or EnvoyFilter.Types.ApplyTo.FilterChain or EnvoyFilter.Types.ApplyTo.NetworkFilter
                or EnvoyFilter.Types.ApplyTo.HttpFilter or EnvoyFilter.Types.ApplyTo.ListenerFilter => ("listener", match.Listener is not null || match.Waypoint is not null),
            EnvoyFilter.Types.ApplyTo.RouteConfiguration or EnvoyFilter.Types.ApplyTo.VirtualHost
                or EnvoyFilter.Types.ApplyTo.HttpRoute => ("routeConfiguration", match.RouteConfiguration is not null || match.Waypoint is not null),
            EnvoyFilter.Types.ApplyTo.Cluster => ("cluster", match.Cluster is not null),
            _ => (null, true),
        };
        if (!fits && match.ObjectTypesCase != EnvoyFilter.Types.EnvoyConfigObjectMatch.ObjectTypesOneofCase.None)
            at["match"].Report(TrafficDiagnostics.EnvoyPatch, $"cannot match another object: applyTo needs {wanted}.", $"Write match: {{{wanted}: …}}.");
    }
}
