using System.Globalization;
using Weft.Kernel.Capture;
using Weft.Kernel.ControlGroups;

namespace Weft.Kernel.Probes;

/// <summary>Asks the machine what it can do, without changing anything. For <c>weft check</c> and for choosing how to capture traffic.</summary>
public static class FeatureProbes
{
    private const int NetAdmin = 12;
    private const int SysAdmin = 21;
    private const int Bpf = 39;

    /// <summary>All probes, in a fixed order. None throws.</summary>
    public static async Task<IReadOnlyList<FeatureProbe>> RunAsync(CancellationToken cancel = default)
    {
        ulong capabilities = EffectiveCapabilities();
        return
        [
            Root(capabilities),
            await NamespacesAsync(capabilities, cancel).ConfigureAwait(false),
            await NftablesAsync(capabilities, cancel).ConfigureAwait(false),
            OriginalDestination(),
            ControlGroups(),
            BpfPrograms(capabilities),
        ];
    }

    private static FeatureProbe Root(ulong capabilities) => Has(capabilities, NetAdmin) && Has(capabilities, SysAdmin)
        ? new("root", true, "The process may administer networks and namespaces.")
        : new("root", false, "The process lacks CAP_NET_ADMIN or CAP_SYS_ADMIN; run as root for transparent capture, or use the unprivileged mode.");

    private static async Task<FeatureProbe> NamespacesAsync(ulong capabilities, CancellationToken cancel)
    {
        if (!File.Exists("/proc/self/ns/net"))
            return new("netns", false, "The kernel has no network namespaces (CONFIG_NET_NS).");
        (bool works, string words) = await TryAsync("ip", ["netns", "list"], "", cancel).ConfigureAwait(false);
        if (!works)
            return new("netns", false, $"Network namespaces cannot be listed: {words}");
        return Has(capabilities, SysAdmin)
            ? new("netns", true, "Network namespaces can be made.")
            : new("netns", false, "The kernel has network namespaces, but making them needs CAP_SYS_ADMIN.");
    }

    private static async Task<FeatureProbe> NftablesAsync(ulong capabilities, CancellationToken cancel)
    {
        if (!Has(capabilities, NetAdmin))
            return new("nft", false, "Rules of nftables need CAP_NET_ADMIN.");
        (bool works, string words) = await TryAsync("nft", ["--check", "-f", "-"], NftablesRules.Apply(new CaptureModel()), cancel).ConfigureAwait(false);
        return works
            ? new("nft", true, "nftables accepts the rules that capture traffic.")
            : new("nft", false, $"nftables does not accept the rules that capture traffic: {words}");
    }

    private static FeatureProbe OriginalDestination() => Directory.Exists("/proc/sys/net/netfilter")
        ? new("original-dst", true, "Connection tracking is there, so redirected connections know where they were going.")
        : new("original-dst", false, "Connection tracking (nf_conntrack) is not loaded; it is loaded with the first rule that redirects.");

    private static FeatureProbe ControlGroups() => ControlGroup.Root is { } root
        ? new("cgroup2", true, $"The unified control group hierarchy is mounted on {root}.")
        : new("cgroup2", false, "The unified control group hierarchy (cgroup2) is not mounted; boot with systemd.unified_cgroup_hierarchy=1 or mount it.");

    private static FeatureProbe BpfPrograms(ulong capabilities)
    {
        if (!File.Exists("/proc/sys/kernel/unprivileged_bpf_disabled"))
            return new("bpf", false, "The kernel was built without the bpf system call.");
        if (!Has(capabilities, Bpf) && !Has(capabilities, SysAdmin))
            return new("bpf", false, "Loading eBPF programs needs CAP_BPF or CAP_SYS_ADMIN.");
        return File.Exists("/sys/kernel/btf/vmlinux")
            ? new("bpf", true, "eBPF programs can be loaded, and the kernel describes its types (BTF).")
            : new("bpf", true, "eBPF programs can be loaded; the kernel does not describe its types (no BTF).");
    }

    private static async Task<(bool Works, string Words)> TryAsync(string program, IReadOnlyList<string> arguments, string input, CancellationToken cancel)
    {
        try
        {
            await KernelCommand.RunAsync(program, arguments, input, "The probe", cancel).ConfigureAwait(false);
            return (true, "");
        }
        catch (KernelOperationException failure)
        {
            return (false, failure.Message);
        }
    }

    private static bool Has(ulong capabilities, int capability) => (capabilities >> capability & 1) == 1;

    private static ulong EffectiveCapabilities()
    {
        try
        {
            foreach (string line in File.ReadLines("/proc/self/status"))
            {
                if (line.StartsWith("CapEff:", StringComparison.Ordinal) && ulong.TryParse(line.AsSpan(7).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong set))
                    return set;
            }
        }
        catch (IOException)
        {
            // Without /proc nothing can be said of capabilities, and claiming none is the safe side.
        }

        return 0;
    }
}
