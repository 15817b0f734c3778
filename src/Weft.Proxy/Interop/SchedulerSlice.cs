using System.Runtime.InteropServices;

namespace Weft.Proxy.Interop;

/// <summary>
/// How long a thread asks to run at a time (<c>sched_setattr(2)</c>, since Linux 6.12). A thread with a short slice that wakes takes the
/// processor at once from one with a long slice, which else runs its slice to the end; over time both get the same share. Needs no privilege.
/// </summary>
internal static unsafe class SchedulerSlice
{
    /// <summary>The shortest slice that the kernel takes, in nanoseconds.</summary>
    private const ulong Shortest = 100_000;

    /// <summary>Asks for the shortest slice for the calling thread. False when the kernel does not know of slices or the thread is not an ordinary one.</summary>
    public static bool TryShorten()
    {
        Attributes attributes = default;
        if (Libc.GetSchedulerAttributes(&attributes, sizeof(Attributes)) != 0 || attributes.Policy != 0) return false;
        attributes.Size = (uint)sizeof(Attributes);
        attributes.Runtime = Shortest;
        return Libc.SetSchedulerAttributes(&attributes) == 0;
    }

    /// <summary>The calling thread's slice in nanoseconds; 0 when the kernel does not say.</summary>
    public static ulong Current()
    {
        Attributes attributes = default;
        return Libc.GetSchedulerAttributes(&attributes, sizeof(Attributes)) == 0 ? attributes.Runtime : 0;
    }

    /// <summary>The kernel's <c>struct sched_attr</c> of 48 bytes (<c>SCHED_ATTR_SIZE_VER0</c>).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Attributes
    {
        public uint Size;
        public uint Policy;
        public ulong Flags;
        public int Nice;
        public uint Priority;
        public ulong Runtime;
        public ulong Deadline;
        public ulong Period;
    }
}
