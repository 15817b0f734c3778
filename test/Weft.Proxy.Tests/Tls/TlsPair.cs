using Weft.Proxy.Tls;

namespace Weft.Proxy.Tests.Tls;

/// <summary>A client and a server whose ciphertext is carried by hand, so that a test decides what arrives when.</summary>
internal sealed class TlsPair(TlsServerContext server, TlsClientContext client, string? serverName = null, TlsSessionPool? pool = null) : IDisposable
{
    internal TlsSession Server { get; } = pool is null ? TlsSession.Accept(server) : pool.Accept(server);

    internal TlsSession Client { get; } = pool is null ? TlsSession.Connect(client, serverName) : pool.Connect(client, serverName);

    /// <summary>Steps both sides until neither has anything to say, and takes what a client learns only after its handshake (tickets, late refusals).</summary>
    internal void Run(int segmentBytes = int.MaxValue)
    {
        for (int i = 0; i < 20; i++)
        {
            Step(Client);
            bool moved = Carry(Client, Server, segmentBytes);
            Step(Server);
            moved |= Carry(Server, Client, segmentBytes);
            if (!moved)
                return;
        }

        Assert.Fail("The handshake does not end.");
    }

    internal static void Step(TlsSession session)
    {
        Span<byte> none = stackalloc byte[1];
        if (session.Handshake() == TlsHandshakeStatus.Done)
            Assert.NotEqual(TlsReadStatus.Data, session.Read(none, out _));
    }

    /// <summary>Moves what is pending, in segments, and steps the receiver's handshake after each.</summary>
    internal static bool Carry(TlsSession from, TlsSession to, int segmentBytes = int.MaxValue)
    {
        bool moved = false;
        while (!from.Pending.IsEmpty)
        {
            int count = Math.Min(segmentBytes, from.Pending.Length);
            to.Feed(from.Pending[..count]);
            from.ConsumePending(count);
            moved = true;
            if (!to.IsOpen)
                to.Handshake();
        }

        return moved;
    }

    /// <summary>Sends bytes from one side and reads them on the other.</summary>
    internal static byte[] Exchange(TlsSession from, TlsSession to, ReadOnlySpan<byte> plaintext)
    {
        using MemoryStream received = new();
        byte[] buffer = new byte[20_000];
        int sent = 0;
        while (true)
        {
            TlsWriteStatus status = from.Write(plaintext[sent..], out int count);
            Assert.NotEqual(TlsWriteStatus.Failed, status);
            sent += count;
            Carry(from, to);
            while (to.Read(buffer, out int read) == TlsReadStatus.Data)
                received.Write(buffer, 0, read);
            if (status == TlsWriteStatus.Done)
                return received.ToArray();
        }
    }

    public void Dispose()
    {
        Server.Dispose();
        Client.Dispose();
    }
}
