namespace Weft.Proxy.Engine;

/// <summary>
/// Bytes in order in one pooled array: appended behind, consumed in front. Holds no array while empty, which is what keeps an idle
/// connection small. A field of its owner, never copied.
/// </summary>
internal struct ByteQueue
{
    private byte[]? _array;
    private int _start;
    private int _end;

    public readonly bool IsEmpty => _start == _end;

    public readonly int Count => _end - _start;

    public readonly ReadOnlySpan<byte> Bytes => new(_array, _start, _end - _start);

    public void Append(BufferPool pool, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return;
        bytes.CopyTo(Reserve(pool, bytes.Length));
        _end += bytes.Length;
    }

    /// <summary>Room for at least <paramref name="bytes"/> bytes behind; <see cref="Commit"/> says how many were written.</summary>
    public Span<byte> Reserve(BufferPool pool, int bytes)
    {
        if (_array is null)
        {
            _array = pool.Rent(bytes);
            _start = _end = 0;
        }
        else if (_array.Length - _end < bytes)
        {
            int count = Count;
            byte[] target = _array.Length - count >= bytes && _start >= count ? _array : pool.Rent(Math.Max(count + bytes, 2 * count));
            _array.AsSpan(_start, count).CopyTo(target);
            if (!ReferenceEquals(target, _array)) pool.Return(_array);
            _array = target;
            _start = 0;
            _end = count;
        }

        return _array.AsSpan(_end);
    }

    public void Commit(int bytes) => _end += bytes;

    /// <summary>Removes bytes from the front and gives the array back when none are left.</summary>
    public void Consume(BufferPool pool, int bytes)
    {
        _start += bytes;
        if (_start == _end) Clear(pool);
    }

    public void Clear(BufferPool pool)
    {
        if (_array is not null) pool.Return(_array);
        _array = null;
        _start = _end = 0;
    }
}
