namespace Weft.Policy.Tests;

/// <summary>Measures what the calling thread allocates in a warm loop.</summary>
internal static class Allocation
{
    public static long Of(Action action)
    {
        for (int i = 0; i < 100; i++)
            action();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 5_000; i++)
            action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
