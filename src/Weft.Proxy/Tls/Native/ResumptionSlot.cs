namespace Weft.Proxy.Tls.Native;

/// <summary>The newest resumable session of a client context: taken by the next connection, for tickets of TLS 1.3 are for one use. Lock-free, shared by all workers.</summary>
internal sealed class ResumptionSlot
{
    private nint session;

    ~ResumptionSlot() => Put(0);

    internal void Put(nint newer)
    {
        nint older = Interlocked.Exchange(ref session, newer);
        if (older != 0)
            LibSsl.SSL_SESSION_free(older);
    }

    /// <summary>The session, now owned by the caller, or zero.</summary>
    internal nint Take() => session == 0 ? 0 : Interlocked.Exchange(ref session, 0);
}
