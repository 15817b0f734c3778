using Weft.Proxy.Engine;
using Weft.Proxy.Interop;
using Weft.Proxy.Model;

namespace Weft.Proxy.Listeners;

/// <summary>
/// The runtime state of a listener that outlives its configuration: one listening socket for each worker, all on one address by
/// SO_REUSEPORT, and the count of open connections. Sockets are opened by the control thread, so that an address in use is an
/// error of the configuration, and claimed by the workers.
/// </summary>
internal sealed class ListenerState
{
    private const long ComplaintIntervalMs = 60_000;
    private readonly int[] _descriptors;
    private int _openConnections;
    private long _complainedMs = -ComplaintIntervalMs;

    private ListenerState(string name, int[] descriptors, NetworkAddress bound)
    {
        Name = name;
        _descriptors = descriptors;
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
    /// <param name="errors">Takes the sentence.</param>
    public static ListenerState? Open(ListenerModel model, int workers, bool sharesAddresses, List<string> errors)
    {
        if (!model.BindToPort) return new ListenerState(model.Name, [], model.Address);
        if (!sharesAddresses && AddressHolder.Find(model.Address) is { } holder)
        {
            errors.Add($"Listener '{model.Name}' cannot listen on {model.Address}: the address is in use by {holder}.");
            return null;
        }

        int[] descriptors = new int[workers];
        NetworkAddress address = model.Address;
        for (int i = 0; i < workers; i++)
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

        return new ListenerState(model.Name, descriptors, address);
    }

    /// <summary>Gives a worker its socket; −1 when it was claimed before. Any thread.</summary>
    public int Claim(int worker) => Interlocked.Exchange(ref _descriptors[worker], -1);

    /// <summary>Closes the sockets that no worker claimed.</summary>
    public void CloseUnclaimed()
    {
        for (int i = 0; i < _descriptors.Length; i++)
        {
            int descriptor = Claim(i);
            if (descriptor >= 0) _ = Libc.Close(descriptor);
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
