namespace Weft.Proxy.Identity;

/// <summary>Where a workload's identity stands.</summary>
public enum WorkloadIdentityState
{
    /// <summary>No certificate has come yet.</summary>
    Waiting,

    /// <summary>A valid certificate is in use.</summary>
    Valid,

    /// <summary>A valid certificate is in use, and its renewal has failed at least once.</summary>
    RenewalFailing,

    /// <summary>The last certificate ended before it could be renewed: nothing is presented and no new mutual TLS connection succeeds.</summary>
    Expired,
}
