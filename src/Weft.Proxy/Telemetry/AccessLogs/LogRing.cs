using System.Runtime.InteropServices;

namespace Weft.Proxy.Telemetry.AccessLogs;

/// <summary>
/// A ring of bytes from one worker to the writer of a log: no locks, one side each. A line goes in whole or, when there is no room
/// because the sink is slow, is dropped and counted: a log never holds up traffic.
/// </summary>
internal sealed unsafe class LogRing : IDisposable
{
    /// <summary>Some 800 lines in Istio's format.</summary>
    public const int DefaultBytes = 256 * 1024;

    private readonly int _size;
    private byte* _bytes;
    private long _written;
    private long _read;
    private long _dropped;

    /// <param name="size">A power of two.</param>
    public LogRing(int size = DefaultBytes)
    {
        _size = size;
        _bytes = (byte*)NativeMemory.Alloc((nuint)size);
    }

    /// <summary>Lines that found no room.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Bytes that wait.</summary>
    public int Count => (int)(Volatile.Read(ref _written) - Volatile.Read(ref _read));

    /// <summary>Adds a line. Returns true when the ring has just become half full, so that the writer should be woken. On the worker.</summary>
    public bool Add(ReadOnlySpan<byte> line)
    {
        long written = _written;
        int before = (int)(written - Volatile.Read(ref _read));
        if (line.Length > _size - before)
        {
            Volatile.Write(ref _dropped, _dropped + 1);
            return false;
        }

        int at = (int)(written & (_size - 1));
        int first = Math.Min(line.Length, _size - at);
        line[..first].CopyTo(new Span<byte>(_bytes + at, first));
        line[first..].CopyTo(new Span<byte>(_bytes, _size));
        Volatile.Write(ref _written, written + line.Length);
        return before < _size / 2 && before + line.Length >= _size / 2;
    }

    /// <summary>The next bytes to write, up to where the ring wraps; empty when there are none. On the writer.</summary>
    public ReadOnlySpan<byte> Peek()
    {
        int at = (int)(_read & (_size - 1));
        return new ReadOnlySpan<byte>(_bytes + at, Math.Min(Count, _size - at));
    }

    /// <summary>Frees what was written. On the writer.</summary>
    public void Advance(int count) => Volatile.Write(ref _read, _read + count);

    /// <summary>Gives all waiting lines up, because the sink cannot take them; counts them. On the writer.</summary>
    public void Discard(ref long lost)
    {
        for (ReadOnlySpan<byte> part = Peek(); !part.IsEmpty; part = Peek())
        {
            lost += part.Count((byte)'\n');
            Advance(part.Length);
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(_bytes);
        _bytes = null;
    }
}
