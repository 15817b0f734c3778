namespace Weft.Kernel.Capture;

/// <summary>Puts capture rules into a network namespace and takes them out again. Needs CAP_NET_ADMIN there, and the tools <c>nft</c> and <c>ip</c>.</summary>
public static class TrafficCapture
{
    /// <summary>Replaces the rules in one transaction: either all are in force afterwards, or those from before.</summary>
    /// <param name="capture">What to capture.</param>
    /// <param name="networkNamespace">A name made by <c>ip netns</c>, or null for this process's own.</param>
    /// <param name="cancel">Gives up.</param>
    public static Task ApplyAsync(CaptureModel capture, string? networkNamespace, CancellationToken cancel = default) =>
        RunAsync(NftablesRules.Apply(capture), networkNamespace, "Capturing traffic with nftables", cancel);

    /// <summary>Removes the rules; nothing happens when there are none.</summary>
    public static Task RemoveAsync(string? networkNamespace, CancellationToken cancel = default) =>
        RunAsync(NftablesRules.Remove(), networkNamespace, "Removing the capture of traffic", cancel);

    private static Task<string> RunAsync(string rules, string? networkNamespace, string purpose, CancellationToken cancel) => networkNamespace is null
        ? KernelCommand.RunAsync("nft", ["-f", "-"], rules, purpose, cancel)
        : KernelCommand.RunAsync("ip", ["netns", "exec", networkNamespace, "nft", "-f", "-"], rules, $"{purpose} in namespace '{networkNamespace}'", cancel);
}
