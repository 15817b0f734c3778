using Weft.Proxy.Engine;
using Weft.Proxy.Interop;
using Weft.Proxy.Model;

namespace Weft.Proxy.Listeners;

/// <summary>
/// The runtime state of a listener that outlives its configuration: one listening socket for each worker (more where a proxy with more workers
/// handed them over), all on one address by SO_REUSEPORT, and the count of open connections. Sockets are opened by the control thread, so that an
/// address in use is an error of the configuration, and claimed by the workers.
/// </summary>
internal sealed class ListenerState
{
    private const long ComplaintIntervalMs = 60_000;
    private readonly int[] _descriptors;
    private readonly int _workers;
    private int _openConnections;
    private long _complainedMs = -ComplaintIntervalMs;

    private ListenerState(string name, int[] descriptors, int workers, NetworkAddress bound)
    {
        Name = name;
        _descriptors = descriptors;
        _workers = workers;
        Bound = bound;
    }

    public string Name { get; }

    /// <summary>Where it listens; the configured address for listeners without sockets.</summary>
    public NetworkAddress Bound { get; }

    /// <summary>Open connections over all workers.</summary>
    public int OpenConnections => Volatile.Read(ref _openConnections);

    /// <summary>Opens the sockets; null and a sentence when the address cannot be had.</summary>
    /// <param name="model">Where to listen.</param>
    /// <param name="workers">How many sockets to open.</param>
    /// <param name="sharesAddresses">True: another process may listen on the same address (<see cref="EngineOptions.SharesAddresses"/>).</param>
    /// <param name="inherited">Sockets that were handed over; null for none.</param>
    /// <param name="errors">Takes the sentence.</param>
    public static ListenerState? Open(ListenerModel model, int workers, bool sharesAddresses, InheritedListeners? inherited, List<string> errors)
    {
        if (!model.BindToPort) return new ListenerState(model.Name, [], workers, model.Address);
        // All of them, even when there are more than workers: the kernel goes on to spread connections over every one that is open anywhere.
        int[] taken = inherited?.Take(model) ?? [];
        if (taken.Length == 0 && !sharesAddresses && AddressHolder.Find(model.Address) is { } holder)
        {
            errors.Add($"Listener '{model.Name}' cannot listen on {model.Address}: the address is in use by {holder}.");
            return null;
        }

        int[] descriptors = new int[Math.Max(workers, taken.Length)];
        taken.CopyTo(descriptors, 0);
        NetworkAddress address = taken.Length > 0 ? Sockets.LocalAddress(taken[0]) : model.Address;
        for (int i = taken.Length; i < descriptors.Length; i++)
        {
            int descriptor = Sockets.Listen(address, model.Backlog);
            if (descriptor < 0)
            {
                for (int j = 0; j < i; j++) _ = Libc.Close(descriptors[j]);
                errors.Add($"Listener '{model.Name}' cannot listen on {address}: {Errno.Describe(-descriptor)}.");
                return null;
            }

            descriptors[i] = descriptor;
            if (address.Port == 0) address = Sockets.LocalAddress(descriptor);
        }

        return new ListenerState(model.Name, descriptors, workers, address);
    }

    /// <summary>Gives a worker one of its sockets; −1 when they were all claimed before. Any thread.</summary>
    public int Claim(int worker)
    {
        for (int i = worker; i < _descriptors.Length; i += _workers)
        {
            if (Interlocked.Exchange(ref _descriptors[i], -1) is var descriptor and >= 0) return descriptor;
        }

        return -1;
    }

    /// <summary>Closes the sockets that no worker claimed.</summary>
    public void CloseUnclaimed()
    {
        for (int worker = 0; worker < _workers; worker++)
        {
            while (Claim(worker) is var descriptor and >= 0) _ = Libc.Close(descriptor);
        }
    }

    /// <summary>Counts a new connection; false when the limit is reached (0 is none).</summary>
    public bool TryEnter(int limit)
    {
        if (Interlocked.Increment(ref _openConnections) <= limit || limit == 0) return true;
        Interlocked.Decrement(ref _openConnections);
        return false;
    }

    /// <summary>True at most once a minute, for one worker: whoever gets it says what is wrong.</summary>
    public bool MayComplain(long nowMs)
    {
        long last = Volatile.Read(ref _complainedMs);
        return nowMs - last >= ComplaintIntervalMs && Interlocked.CompareExchange(ref _complainedMs, nowMs, last) == last;
    }

    public void Leave() => Interlocked.Decrement(ref _openConnections);
}
