namespace Weft.Kernel.Bpf;

/// <summary>What socket acceleration has done since it was attached.</summary>
/// <param name="Joined">Ends of loopback connections that were joined: two for each connection whose both sides are in the control group.</param>
/// <param name="ForwardedMessages">Messages (what one <c>send</c> gives) that went straight to the other end.</param>
/// <param name="ForwardedBytes">Their bytes.</param>
/// <param name="PassedMessages">Messages of joined ends that TCP carried: the other end was not joined, or did not read.</param>
/// <param name="Refused">Ends that could not be joined, because the maps were full.</param>
public sealed record AccelerationCounters(ulong Joined, ulong ForwardedMessages, ulong ForwardedBytes, ulong PassedMessages, ulong Refused);
