namespace Weft.Proxy.Interop;

/// <summary>
/// How many descriptors the process may have (RLIMIT_NOFILE), and how many of them clients may take. The rest is for what serves
/// the clients that are there already: upstream connections, the configuration server, the admin port.
/// </summary>
internal static unsafe class DescriptorLimit
{
    /// <summary>So close to the bound the kernel is asked before each accept.</summary>
    public const int NearlyFull = 64;

    private const int LeastReserve = 16;
    private const int MostReserve = 256;

    /// <summary>The process's bound; read once.</summary>
    public static int Total { get; } = Read();

    /// <summary>Clients are accepted while the lowest free descriptor is below this: seven eighths of all, leaving 16 at least and 256 at most.</summary>
    public static int ForClients { get; } = Math.Max(Total - Math.Clamp(Total / 8, LeastReserve, MostReserve), Total / 2);

    /// <summary>Whether a client may have the next descriptor. Two system calls.</summary>
    /// <param name="open">Any open descriptor.</param>
    public static bool HasRoom(int open)
    {
        // The kernel hands out the lowest free number, so the number of a copy says how many are taken.
        int next = Libc.Duplicate(open);
        if (next < 0) return false;
        _ = Libc.Close(next);
        return next < ForClients;
    }

    private static int Read()
    {
        ulong* limits = stackalloc ulong[2];
        return Libc.GetLimit(Libc.LimitOpenFiles, limits) == 0 ? (int)Math.Min(limits[0], int.MaxValue) : 1024;
    }
}
