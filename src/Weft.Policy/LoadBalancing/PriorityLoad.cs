namespace Weft.Policy.LoadBalancing;

/// <summary>
/// How load is spread over priorities (Envoy's priority levels): a priority's availability is its healthy share times the over-provisioning
/// factor, at most 100 %; load fills priorities in order. Degraded endpoints come behind the healthy ones of all priorities. When all of them
/// together reach less than 100 %, the shares are scaled up, and priorities under the panic threshold use all their endpoints. Pure.
/// </summary>
public static class PriorityLoad
{
    /// <summary>Envoy's factor: 100 % of the load as long as 72 % of the endpoints are healthy.</summary>
    public const int DefaultOverprovisioning = 140;

    /// <summary>Computes the shares; they add up to 100 when there is any endpoint that may be used.</summary>
    /// <param name="priorities">The priorities in order.</param>
    /// <param name="overprovisioningPercent">The factor, in percent.</param>
    /// <param name="panicThresholdPercent">Below this share of usable endpoints a priority panics; 0 for never.</param>
    /// <param name="shares">Receives one share for each priority.</param>
    public static void Compute(ReadOnlySpan<PriorityHealth> priorities, int overprovisioningPercent, double panicThresholdPercent, Span<PriorityShare> shares)
    {
        int total = 0;
        foreach (PriorityHealth health in priorities)
            total += Availability(health.Healthy, health.Total, overprovisioningPercent) + Availability(health.Degraded, health.Total, overprovisioningPercent);
        total = Math.Min(100, total);

        bool allPanic = true;
        for (int i = 0; i < priorities.Length; i++)
        {
            PriorityHealth health = priorities[i];
            bool panic = total < 100 && health.Total > 0 && 100.0 * (health.Healthy + health.Degraded) / health.Total < panicThresholdPercent;
            shares[i] = new PriorityShare(0, 0, panic);
            allPanic &= panic || health.Total == 0;
        }

        if (total == 0 && allPanic)
            SpreadBySize(priorities, shares);
        else if (total > 0)
            SpreadByAvailability(priorities, overprovisioningPercent, total, shares);
    }

    /// <summary>The priority that a number from 0 to 99 falls to, or −1 when no endpoint may be used.</summary>
    public static int Choose(ReadOnlySpan<PriorityShare> shares, int percentile, out bool degraded)
    {
        degraded = false;
        for (int i = 0; i < shares.Length; i++)
        {
            percentile -= shares[i].HealthyPercent;
            if (percentile < 0)
                return i;
        }

        degraded = true;
        for (int i = 0; i < shares.Length; i++)
        {
            percentile -= shares[i].DegradedPercent;
            if (percentile < 0)
                return i;
        }

        return -1;
    }

    private static int Availability(int usable, int total, int overprovisioningPercent) => total == 0 ? 0 : (int)Math.Min(100, (long)overprovisioningPercent * usable / total);

    private static void SpreadByAvailability(ReadOnlySpan<PriorityHealth> priorities, int overprovisioningPercent, int total, Span<PriorityShare> shares)
    {
        int left = 100;
        int first = -1;
        for (int i = 0; i < priorities.Length; i++)
        {
            int share = Math.Min(left, Availability(priorities[i].Healthy, priorities[i].Total, overprovisioningPercent) * 100 / total);
            shares[i] = shares[i] with { HealthyPercent = share };
            left -= share;
            if (first < 0 && share > 0)
                first = i;
        }

        int firstDegraded = -1;
        for (int i = 0; i < priorities.Length; i++)
        {
            int share = Math.Min(left, Availability(priorities[i].Degraded, priorities[i].Total, overprovisioningPercent) * 100 / total);
            shares[i] = shares[i] with { DegradedPercent = share };
            left -= share;
            if (firstDegraded < 0 && share > 0)
                firstDegraded = i;
        }

        // What rounding left goes to the first priority that has a share.
        if (first >= 0)
            shares[first] = shares[first] with { HealthyPercent = shares[first].HealthyPercent + left };
        else if (firstDegraded >= 0)
            shares[firstDegraded] = shares[firstDegraded] with { DegradedPercent = shares[firstDegraded].DegradedPercent + left };
    }

    /// <summary>Nothing is healthy anywhere: by the number of endpoints.</summary>
    private static void SpreadBySize(ReadOnlySpan<PriorityHealth> priorities, Span<PriorityShare> shares)
    {
        long hosts = 0;
        foreach (PriorityHealth health in priorities)
            hosts += health.Total;
        if (hosts == 0)
            return;
        int left = 100;
        int first = -1;
        for (int i = 0; i < priorities.Length; i++)
        {
            int share = (int)(100L * priorities[i].Total / hosts);
            shares[i] = shares[i] with { HealthyPercent = share };
            left -= share;
            if (first < 0 && priorities[i].Total > 0)
                first = i;
        }

        shares[first] = shares[first] with { HealthyPercent = shares[first].HealthyPercent + left };
    }
}
