namespace Weft.Proxy.Engine;

/// <summary>
/// Something that owns a descriptor registered with a worker's epoll. Lives on that worker and is touched by no other thread.
/// Objects are pooled: the worker drops events of an earlier use by comparing <see cref="Generation"/>.
/// </summary>
public abstract class EpollTarget
{
    /// <summary>The descriptor, or −1 when closed.</summary>
    public int Descriptor { get; internal set; } = -1;

    /// <summary>What carries the connection when it has no socket of its own; the descriptor is then a number of the worker's and none of the kernel's.</summary>
    internal Tunnel? Tunnel { get; set; }

    /// <summary>Which registration of the descriptor's number this is.</summary>
    internal uint Generation { get; set; }

    /// <summary>True while the target waits in the worker's list of targets to run again without an event.</summary>
    internal bool IsScheduled { get; set; }

    /// <summary>Next in the worker's list of scheduled targets.</summary>
    internal EpollTarget? NextScheduled { get; set; }

    /// <summary>Called with epoll's event mask.</summary>
    internal abstract void OnEvents(uint events);

    /// <summary>Called once after <see cref="Worker.Schedule"/>, after the events of the current round.</summary>
    internal abstract void OnScheduled();
}
