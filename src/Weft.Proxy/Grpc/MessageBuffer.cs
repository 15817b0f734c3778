using System.Runtime.InteropServices;

namespace Weft.Proxy.Grpc;

/// <summary>
/// The bytes of one message while they arrive. Large ones stand outside of the collected heap, in pages of their own that go back to the system with
/// <see cref="Dispose"/>: a configuration of 20 MB causes no collection by its bytes, and pages that were announced but never sent cost nothing.
/// </summary>
internal sealed unsafe partial class MessageBuffer : IDisposable
{
    /// <summary>From here on pages of its own. malloc() would keep such memory for its arenas once it has been freed a few times.</summary>
    private const int OwnPagesFrom = 64 << 10;
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;

    private readonly int _length;
    private readonly byte[]? _small;
    private byte* _pages;
    private int _filled;

    /// <param name="length">Bytes in the message.</param>
    internal MessageBuffer(int length)
    {
        _length = length;
        if (length < OwnPagesFrom)
        {
            _small = new byte[length];
            GC.SuppressFinalize(this);
            return;
        }

        nint pages = mmap(0, (nuint)length, ReadWrite, PrivateAnonymous, -1, 0);
        if (pages == -1)
            throw new OutOfMemoryException($"The system gives no {length} bytes for a message.");
        _pages = (byte*)pages;
    }

    /// <summary>Frees the pages of a message that nobody took.</summary>
    ~MessageBuffer() => Release();

    /// <summary>Bytes in the message.</summary>
    internal int Length => _length;

    /// <summary>True when all bytes are there.</summary>
    internal bool IsWhole => _filled == _length;

    /// <summary>The bytes so far; valid until <see cref="Dispose"/>.</summary>
    internal ReadOnlySpan<byte> Bytes => All[.._filled];

    private Span<byte> All => _small is not null ? _small : new Span<byte>(_pages, _length);

    /// <summary>Copies what belongs to this message from the front of <paramref name="data"/>; the number of bytes.</summary>
    internal int Append(ReadOnlySpan<byte> data)
    {
        int count = Math.Min(data.Length, _length - _filled);
        data[..count].CopyTo(All[_filled..]);
        _filled += count;
        return count;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        if (_pages is null)
            return;
        _ = munmap((nint)_pages, (nuint)_length);
        _pages = null;
        _filled = 0;
    }

    [LibraryImport("libc")]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc")]
    private static partial int munmap(nint address, nuint length);
}
