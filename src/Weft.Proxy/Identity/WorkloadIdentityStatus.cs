namespace Weft.Proxy.Identity;

/// <summary>What the admin server and <c>weft status</c> show of a workload's identity. Immutable.</summary>
/// <param name="State">Where it stands.</param>
/// <param name="SpiffeId">The identity.</param>
/// <param name="SerialNumber">Of the certificate in use, empty when there is none.</param>
/// <param name="NotAfter">The end of the certificate in use.</param>
/// <param name="NextRenewal">When a new one is asked for.</param>
/// <param name="Rotations">Certificates received since the start.</param>
/// <param name="FailedRequests">Failed requests since the start.</param>
/// <param name="LastError">The sentence of the last failure since the last success; empty when there was none.</param>
public sealed record WorkloadIdentityStatus(
    WorkloadIdentityState State,
    string SpiffeId,
    string SerialNumber,
    DateTimeOffset? NotAfter,
    DateTimeOffset? NextRenewal,
    int Rotations,
    int FailedRequests,
    string LastError);
