using System.Globalization;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Retry.Host.PreviousHosts.V3;
using Envoy.Extensions.Retry.Priority.PreviousPriorities.V3;
using Istio.Networking.V1Alpha3;

namespace Weft.Control.Discovery.Translation.Routes;

/// <summary>Istio's retry settings, with its defaults, as Envoy's policy. Source: Istio retry policy of 1.24 and later.</summary>
internal static class RetryPolicies
{
    private const string DefaultConditions = "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes";
    private const int HostSelectionAttempts = 5;

    /// <summary>Null when retries are switched off (<c>attempts: 0</c>).</summary>
    /// <param name="retry">The rule's or the mesh's setting, or null for Istio's default: two retries.</param>
    /// <param name="consistentHash">A hash chooses the host, so avoiding the previous one would break stickiness.</param>
    public static RetryPolicy? Translate(HTTPRetry? retry, bool consistentHash)
    {
        if (retry is { Attempts: <= 0 })
            return null;
        RetryPolicy policy = new()
        {
            RetryOn = DefaultConditions,
            NumRetries = 2,
            HostSelectionRetryMaxAttempts = HostSelectionAttempts,
        };
        bool ignorePrevious = retry?.RetryIgnorePreviousHosts ?? true;
        if (ignorePrevious && !consistentHash)
        {
            policy.RetryHostPredicate.Add(new RetryPolicy.Types.RetryHostPredicate
            {
                Name = "envoy.retry_host_predicates.previous_hosts",
                TypedConfig = Protos.Pack(new PreviousHostsPredicate()),
            });
        }

        if (retry is null)
            return policy;

        policy.NumRetries = (uint)retry.Attempts;
        ApplyConditions(policy, retry.RetryOn);
        policy.PerTryTimeout = retry.PerTryTimeout;
        if (retry.Backoff is not null)
            policy.RetryBackOff = new RetryPolicy.Types.RetryBackOff { BaseInterval = retry.Backoff };
        if (retry.RetryRemoteLocalities == true)
        {
            policy.RetryPriority = new RetryPolicy.Types.RetryPriority
            {
                Name = "envoy.retry_priorities.previous_priorities",
                TypedConfig = Protos.Pack(new PreviousPrioritiesConfig { UpdateFrequency = 2 }),
            };
        }

        return policy;
    }

    /// <summary>The inbound side repeats a request only when none of it reached the application.</summary>
    public static RetryPolicy Inbound() => new() { RetryOn = "reset-before-request", NumRetries = 2 };

    // Numbers in the list are status codes; they go to a list of their own and need their condition.
    private static void ApplyConditions(RetryPolicy policy, string conditions)
    {
        if (conditions.Length == 0)
            return;
        List<string> words = [];
        foreach (string part in conditions.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (uint.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out uint code))
                policy.RetriableStatusCodes.Add(code);
            else
                words.Add(part);
        }

        if (policy.RetriableStatusCodes.Count > 0 && !words.Contains("retriable-status-codes"))
            words.Add("retriable-status-codes");
        policy.RetryOn = string.Join(',', words);
    }
}
