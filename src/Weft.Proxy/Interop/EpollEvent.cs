using System.Runtime.InteropServices;

namespace Weft.Proxy.Interop;

/// <summary>
/// <c>struct epoll_event</c>: 12 bytes without padding on x86-64, where the kernel's ABI packs it. The data word holds a descriptor in
/// its lower half and the descriptor's generation in the upper half.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct EpollEvent
{
    public uint Events;
    public ulong Data;
}
