namespace Weft.Proxy.Telemetry;

/// <summary>
/// Interns label values and gives each a number that is the same on all workers. Grows only, up to <see cref="MaxEntries"/>; what
/// comes after that is "overflow". Locked: workers come here only when a connection or cluster brings a value that they have not
/// seen, and keep the number.
/// </summary>
internal sealed class LabelTable<T>
    where T : class
{
    public const int MaxEntries = 16384;
    public const int UnknownId = 0;
    public const int OverflowId = 1;

    private readonly Lock _lock = new();
    private readonly Dictionary<T, int> _ids = [];
    private T[] _values;
    private int _count = 2;

    public LabelTable(T unknown, T overflow)
    {
        _values = new T[16];
        _values[UnknownId] = unknown;
        _values[OverflowId] = overflow;
        _ids.Add(unknown, UnknownId);
    }

    public int Intern(T value)
    {
        lock (_lock)
        {
            if (_ids.TryGetValue(value, out int id)) return id;
            if (_count == MaxEntries) return OverflowId;
            if (_count == _values.Length)
            {
                T[] larger = new T[_values.Length * 2];
                _values.CopyTo(larger, 0);
                _values = larger;
            }

            _values[_count] = value;
            _ids.Add(value, _count);
            return _count++;
        }
    }

    public T this[int id]
    {
        get
        {
            lock (_lock)
                return _values[id];
        }
    }
}
