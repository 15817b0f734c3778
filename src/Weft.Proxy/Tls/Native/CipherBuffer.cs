using System.Runtime.InteropServices;

namespace Weft.Proxy.Tls.Native;

/// <summary>
/// A queue of bytes in native memory that owns memory only while it holds bytes, so that an idle TLS connection costs no buffer. Blocks of
/// <see cref="BlockBytes"/> come from a small free list of the thread; a session is used by one thread, which keeps them warm in its caches.
/// </summary>
internal unsafe struct CipherBuffer
{
    /// <summary>One TLS record of the largest size with its overhead, and the start of a second.</summary>
    internal const int BlockBytes = 32 * 1024;

    private const int MaxFreeBlocks = 32;

    [ThreadStatic]
    private static nint t_freeList;

    [ThreadStatic]
    private static int t_freeCount;

    private byte* data;
    private int start;
    private int end;
    private int capacity;

    internal readonly int Length => end - start;

    /// <summary>The first byte; valid until the queue changes.</summary>
    internal readonly byte* Start => data + start;

    internal readonly ReadOnlySpan<byte> Bytes => new(data + start, end - start);

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        if (capacity - end < bytes.Length)
            MakeRoom(bytes.Length);
        bytes.CopyTo(new Span<byte>(data + end, bytes.Length));
        end += bytes.Length;
    }

    /// <summary>Room for so many bytes behind the last, to be written and then told by <see cref="Commit"/>.</summary>
    internal byte* Reserve(int count)
    {
        if (capacity - end < count)
            MakeRoom(count);
        return data + end;
    }

    /// <summary>Adds bytes that were written into reserved room.</summary>
    internal void Commit(int count) => end += count;

    internal void Consume(int count)
    {
        start += count;
        if (start >= end)
            Release();
    }

    internal void Release()
    {
        if (data != null)
        {
            if (capacity == BlockBytes && t_freeCount < MaxFreeBlocks)
            {
                *(nint*)data = t_freeList;
                t_freeList = (nint)data;
                t_freeCount++;
            }
            else
            {
                NativeMemory.Free(data);
            }
        }

        data = null;
        start = end = capacity = 0;
    }

    private void MakeRoom(int count)
    {
        int length = end - start;
        int needed = checked(length + count);
        if (data != null && needed <= capacity)
        {
            Buffer.MemoryCopy(data + start, data, capacity, length);
        }
        else
        {
            int size = BlockBytes;
            while (size < needed)
                size = checked(size * 2);
            byte* larger = Take(size);
            if (length > 0)
                Buffer.MemoryCopy(data + start, larger, size, length);
            Release();
            data = larger;
            capacity = size;
        }

        start = 0;
        end = length;
    }

    private static byte* Take(int size)
    {
        if (size == BlockBytes && t_freeList != 0)
        {
            byte* block = (byte*)t_freeList;
            t_freeList = *(nint*)block;
            t_freeCount--;
            return block;
        }

        return (byte*)NativeMemory.Alloc((nuint)size);
    }
}
