using Weft.Proxy.Model;

namespace Weft.Proxy.Listeners;

/// <summary>
/// Destinations whose servers were seen to speak first (SMTP, MySQL, FTP): connections to them need not wait for the client's first bytes, which tell HTTP and
/// TLS from the rest. One small table for all workers, without locks: an entry is two words of which each is written whole, and one that is
/// lost or mixed up costs one connection's wait. A destination is in it only when a server did speak first, for ten minutes after it last did; when the table is
/// full the entry that would have ended first gives way.
/// </summary>
internal sealed class ServerFirstDestinations
{
    /// <summary>How many destinations are remembered.</summary>
    public const int Capacity = 1024;

    /// <summary>How long one is remembered after its server last spoke first.</summary>
    public const long KeepMs = 10 * 60 * 1000;

    private const int Ways = 4;
    private const int SentencesPerMinute = 20;
    private long[]? _keys;
    private long[]? _untilMs;
    private long _minute;
    private int _sentences;

    /// <summary>The key of a destination; never 0.</summary>
    /// <param name="listener">The listener's name.</param>
    /// <param name="destination">What the client dialled.</param>
    /// <param name="client">The client's address where the same destination may be spoken to in several ways by several clients; else none.</param>
    public static long Key(string listener, in NetworkAddress destination, in NetworkAddress client)
    {
        uint low = (uint)HashCode.Combine(listener, destination, client.WithPort(0), 1), high = (uint)HashCode.Combine(listener, destination, client.WithPort(0), 2);
        return (long)((ulong)high << 32 | low) | 1;
    }

    /// <summary>True until something was learnt for the first time.</summary>
    public bool IsEmpty => Volatile.Read(ref _keys) is null;

    /// <summary>Whether the server was seen to speak first not long ago.</summary>
    public bool IsKnown(long key, long nowMs) => Find(key) is >= 0 and var at && Volatile.Read(ref _untilMs![at]) > nowMs;

    /// <summary>The server spoke first. True when that is news.</summary>
    public bool Learn(long key, long nowMs)
    {
        if (_keys is null)
        {
            Interlocked.CompareExchange(ref _untilMs, new long[Capacity], null);
            Interlocked.CompareExchange(ref _keys, new long[Capacity], null);
        }

        int at = Find(key);
        bool isNews = at < 0 || Volatile.Read(ref _untilMs![at]) <= nowMs;
        if (at < 0) at = Place(key);
        Volatile.Write(ref _keys[at], key);
        Volatile.Write(ref _untilMs![at], nowMs + KeepMs);
        return isNews;
    }

    /// <summary>A client spoke first after all.</summary>
    public void Forget(long key)
    {
        if (Find(key) is >= 0 and var at) Volatile.Write(ref _untilMs![at], 0);
    }

    /// <summary>How many destinations are remembered now. Any thread.</summary>
    public int CountAt(long nowMs)
    {
        if (Volatile.Read(ref _keys) is null) return 0;
        int count = 0;
        for (int i = 0; i < Capacity; i++)
        {
            if (Volatile.Read(ref _untilMs![i]) > nowMs) count++;
        }

        return count;
    }

    /// <summary>Whether a sentence may be said about a destination: so many a minute, of all listeners together.</summary>
    public bool MayTell(long nowMs)
    {
        long minute = nowMs / 60_000;
        if (Interlocked.Exchange(ref _minute, minute) != minute) Volatile.Write(ref _sentences, 0);
        return Interlocked.Increment(ref _sentences) <= SentencesPerMinute;
    }

    private static int Set(long key) => (int)((ulong)key >> 32 & (Capacity / Ways - 1)) * Ways;

    private int Find(long key)
    {
        if (Volatile.Read(ref _keys) is not { } keys) return -1;
        int first = Set(key);
        for (int i = first; i < first + Ways; i++)
        {
            if (Volatile.Read(ref keys[i]) == key) return i;
        }

        return -1;
    }

    private int Place(long key)
    {
        int first = Set(key), best = first;
        for (int i = first + 1; i < first + Ways; i++)
        {
            if (Volatile.Read(ref _untilMs![i]) < Volatile.Read(ref _untilMs[best])) best = i;
        }

        return best;
    }
}
