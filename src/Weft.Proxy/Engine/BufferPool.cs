namespace Weft.Proxy.Engine;

/// <summary>
/// Byte arrays in powers of four from 1 KiB to 4 MiB for one worker, handed out and taken back; at most a written number of each size is kept
/// (4 MiB a size, at least 4), the rest goes to the collector. Single-threaded.
/// </summary>
internal sealed class BufferPool
{
    private const int SmallestShift = 10;
    private const int Classes = 7;
    private const int KeptBytesPerClass = 4 << 20;
    private readonly Stack<byte[]>[] _free = new Stack<byte[]>[Classes];

    public BufferPool()
    {
        for (int i = 0; i < Classes; i++) _free[i] = new Stack<byte[]>();
    }

    /// <summary>Bytes of the arrays that are out now.</summary>
    public long RentedBytes { get; private set; }

    /// <summary>The most that <see cref="RentedBytes"/> ever was.</summary>
    public long MostRentedBytes { get; private set; }

    /// <summary>The largest array that the pool hands out.</summary>
    public static int MaximumBytes => SizeOf(Classes - 1);

    /// <summary>An array of at least <paramref name="bytes"/> bytes with arbitrary content.</summary>
    public byte[] Rent(int bytes)
    {
        int index = ClassOf(bytes);
        if (index >= Classes) return Note(GC.AllocateUninitializedArray<byte>(bytes));
        return Note(_free[index].TryPop(out byte[]? array) ? array : GC.AllocateUninitializedArray<byte>(SizeOf(index)));
    }

    /// <summary>Takes an array back; the caller must hold no reference any more.</summary>
    public void Return(byte[] array)
    {
        RentedBytes -= array.Length;
        int index = ClassOf(array.Length);
        if (index >= Classes || SizeOf(index) != array.Length) return;
        if (_free[index].Count < Math.Max(KeptBytesPerClass / array.Length, 4)) _free[index].Push(array);
    }

    private byte[] Note(byte[] array)
    {
        RentedBytes += array.Length;
        if (RentedBytes > MostRentedBytes) MostRentedBytes = RentedBytes;
        return array;
    }

    /// <summary>Leaves what is kept to the collector.</summary>
    public void Trim()
    {
        foreach (Stack<byte[]> free in _free) free.Clear();
    }

    private static int SizeOf(int index) => 1 << (SmallestShift + index * 2);

    private static int ClassOf(int bytes)
    {
        int index = 0;
        while (index < Classes && SizeOf(index) < bytes) index++;
        return index;
    }
}
