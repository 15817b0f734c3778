namespace Weft.Proxy.Engine;

/// <summary>Reused objects of one kind on one worker; at most 4,096 are kept. Single-threaded.</summary>
internal sealed class ObjectPool<T>(Func<T> make)
    where T : class
{
    private const int Kept = 4096;
    private readonly Stack<T> _free = new();

    public T Rent() => _free.TryPop(out T? item) ? item : make();

    public void Return(T item)
    {
        if (_free.Count < Kept) _free.Push(item);
    }
}
