using Weft.Proxy.Interop;

namespace Weft.Proxy.Engine;

/// <summary>
/// How other threads speak to a worker: a bounded queue of actions and an eventfd that wakes its epoll. Posting takes a lock that the worker
/// takes only when it was woken by a post, so the data path never sees it. Bound: 1,024 actions; posting to a full box fails and
/// the caller decides.
/// </summary>
internal sealed unsafe class WorkerMailbox : EpollTarget
{
    private const int Capacity = 1024;
    private readonly Worker _worker;
    private readonly Queue<Action<Worker>> _queue = new();
    private readonly List<Action<Worker>> _taken = [];
    private readonly Lock _lock = new();

    public WorkerMailbox(Worker worker)
    {
        _worker = worker;
        Descriptor = Libc.EventDescriptor(0, 0x800 | 0x80000);
        if (Descriptor < 0) throw new InvalidOperationException("The kernel gave no eventfd: too many open files in this process or system.");
    }

    /// <summary>Queues an action for the worker's thread; false when the box is full or the worker has ended. Any thread.</summary>
    public bool Post(Action<Worker> action)
    {
        lock (_lock)
        {
            if (_queue.Count >= Capacity || Descriptor < 0) return false;
            _queue.Enqueue(action);
            ulong one = 1;
            _ = Libc.Write(Descriptor, &one, 8);
            return true;
        }
    }

    internal override void OnEvents(uint events)
    {
        lock (_lock)
        {
            ulong count;
            _ = Libc.Read(Descriptor, &count, 8);
            while (_queue.TryDequeue(out Action<Worker>? action)) _taken.Add(action);
        }

        foreach (Action<Worker> action in _taken) action(_worker);
        _taken.Clear();
    }

    internal override void OnScheduled()
    {
    }

    /// <summary>Refuses further posts. Called by the worker as its last act.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _ = Libc.Close(Descriptor);
            Descriptor = -1;
        }
    }
}
