namespace Weft.Proxy.Tls;

/// <summary>A worker's supply of session objects, so that a new connection allocates none. Not thread-safe: one per worker.</summary>
/// <param name="maxIdle">How many unused sessions are kept.</param>
public sealed class TlsSessionPool(int maxIdle = 256)
{
    private readonly Stack<TlsSession> idle = new();

    /// <summary>A session that waits for a client's hello.</summary>
    public TlsSession Accept(TlsServerContext context)
    {
        TlsSession session = Rent();
        session.StartServer(context);
        return session;
    }

    /// <summary>A session whose hello is pending after the first <see cref="TlsSession.Handshake"/>.</summary>
    /// <param name="context">Whom to trust and what to show.</param>
    /// <param name="serverName">The SNI to send instead of the context's.</param>
    /// <param name="alpn">The protocols to offer instead of the context's, in wire form.</param>
    public TlsSession Connect(TlsClientContext context, string? serverName = null, byte[]? alpn = null)
    {
        TlsSession session = Rent();
        session.StartClient(context, serverName, alpn ?? context.Alpn);
        return session;
    }

    internal bool Return(TlsSession session)
    {
        if (idle.Count >= maxIdle)
            return false;
        idle.Push(session);
        return true;
    }

    private TlsSession Rent() => idle.TryPop(out TlsSession? session) ? session : new TlsSession(this);
}
