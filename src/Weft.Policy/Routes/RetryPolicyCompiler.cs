using Weft.Policy.Retries;
using EnvoyRetryPolicy = Envoy.Config.Route.V3.RetryPolicy;
using RetryPolicy = Weft.Policy.Retries.RetryPolicy;

namespace Weft.Policy.Routes;

/// <summary>Compiles retry policies. Control side; allocates.</summary>
internal static class RetryPolicyCompiler
{
    /// <summary>
    /// Compiles a policy. Most routes of a mesh have the same one: equal policies become one instance through <paramref name="known"/>.
    /// </summary>
    public static RetryPolicy? Compile(EnvoyRetryPolicy? policy, Dictionary<EnvoyRetryPolicy, RetryPolicy> known, Place place)
    {
        if (policy is null)
            return null;
        if (known.TryGetValue(policy, out RetryPolicy? compiled))
            return compiled;
        int before = place.Errors.Count;
        compiled = Compile(policy, place);
        if (place.Errors.Count == before)
            known.Add(policy, compiled);
        return compiled;
    }

    private static RetryPolicy Compile(EnvoyRetryPolicy policy, Place place)
    {
        place.Refuse(policy.RateLimitedRetryBackOff is not null, "rate_limited_retry_back_off");
        place.Refuse(policy.RetryOptionsPredicates.Count > 0, "retry_options_predicates");
        RetryConditions on = RetryOn.Parse(policy.RetryOn, out List<uint> codes, out string? unknown);
        if (unknown is not null)
            place.At("retry_on").Error($"'{unknown}' is not a condition for retries.");
        bool previousHosts = false;
        for (int i = 0; i < policy.RetryHostPredicate.Count; i++)
        {
            string name = policy.RetryHostPredicate[i].Name;
            if (name == "envoy.retry_host_predicates.previous_hosts" || (policy.RetryHostPredicate[i].TypedConfig?.TypeUrl ?? "").Contains("previous_hosts", StringComparison.Ordinal))
                previousHosts = true;
            else
                place.At("retry_host_predicate", i).Error($"'{name}' is not supported; only envoy.retry_host_predicates.previous_hosts is.");
        }

        TimeSpan baseInterval = Durations.Read(policy.RetryBackOff?.BaseInterval, place, "retry_back_off.base_interval") ?? TimeSpan.FromMilliseconds(25);
        TimeSpan maxInterval = Durations.Read(policy.RetryBackOff?.MaxInterval, place, "retry_back_off.max_interval") ?? baseInterval * 10;
        if (policy.RetryBackOff is not null && (baseInterval <= TimeSpan.Zero || maxInterval < baseInterval))
            place.At("retry_back_off").Error("base_interval must be greater than 0 and max_interval not less than base_interval.");
        return new RetryPolicy
        {
            On = on,
            Retries = policy.NumRetries ?? 1,
            PerTryTimeout = Durations.Read(policy.PerTryTimeout, place, "per_try_timeout"),
            PerTryIdleTimeout = Durations.Read(policy.PerTryIdleTimeout, place, "per_try_idle_timeout"),
            StatusCodes = [.. policy.RetriableStatusCodes.Concat(codes).Distinct()],
            ResponseHeaders = ConditionCompiler.Headers(policy.RetriableHeaders, place, "retriable_headers"),
            RequestHeaders = ConditionCompiler.Headers(policy.RetriableRequestHeaders, place, "retriable_request_headers"),
            AvoidPreviousHosts = previousHosts,
            HostSelectionAttempts = (int)Math.Clamp(policy.HostSelectionRetryMaxAttempts, 1, 1000),
            PreviousPrioritiesFrequency = Priorities(policy.RetryPriority, place.At("retry_priority")),
            BackOffBase = baseInterval,
            BackOffMax = maxInterval,
        };
    }

    private static int Priorities(EnvoyRetryPolicy.Types.RetryPriority? priority, Place place)
    {
        if (priority is null)
            return 0;
        if (priority.Name == "envoy.retry_priorities.previous_priorities" && priority.TypedConfig is { } any
            && any.TryUnpack(out Envoy.Extensions.Retry.Priority.PreviousPriorities.V3.PreviousPrioritiesConfig config))
        {
            if (config.UpdateFrequency > 0)
                return config.UpdateFrequency;
            place.At("typed_config.update_frequency").Error("it must be greater than 0.");
            return 0;
        }

        place.Error($"'{priority.Name}' is not supported; only envoy.retry_priorities.previous_priorities is.");
        return 0;
    }
}
