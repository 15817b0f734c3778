using System.Runtime.InteropServices;

namespace Weft.Fuzz;

/// <summary>
/// Memory whose last byte stands right before a page that may not be touched: a decoder that reads behind its input ends the process, also where
/// it uses pointers or vectors. Linux. One thread.
/// </summary>
public sealed unsafe partial class GuardedMemory : IDisposable
{
    private const int PageBytes = 4096;
    private const int MapPrivateAnonymous = 0x22;
    private readonly byte* _start;
    private readonly int _bytes;

    /// <summary>Memory for inputs of up to <paramref name="bytes"/> bytes.</summary>
    public GuardedMemory(int bytes = 128 * 1024)
    {
        _bytes = (bytes + PageBytes - 1) / PageBytes * PageBytes;
        nint start = Map(0, (nuint)(_bytes + PageBytes), 3, MapPrivateAnonymous, -1, 0);
        if (start == -1 || Protect(start + _bytes, PageBytes, 0) != 0) throw new OutOfMemoryException("The machine gives no guarded memory.");
        _start = (byte*)start;
    }

    /// <summary>Puts bytes right before the guard; they stay there until the next call.</summary>
    public ReadOnlySpan<byte> Place(ReadOnlySpan<byte> bytes)
    {
        Span<byte> place = new(_start + _bytes - bytes.Length, bytes.Length);
        bytes.CopyTo(place);
        return place;
    }

    public void Dispose()
    {
        _ = Unmap((nint)_start, (nuint)(_bytes + PageBytes));
        GC.SuppressFinalize(this);
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);
}
