using System.Net.Sockets;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Tests.Tls;

/// <summary>Drives a session over a real socket, for tests against other implementations. Every wait ends with the deadline.</summary>
internal sealed class SocketTls(Socket socket, TlsSession session, CancellationToken deadline) : IDisposable
{
    private readonly byte[] buffer = new byte[4096];

    internal TlsSession Session => session;

    internal async Task<TlsHandshakeStatus> HandshakeAsync()
    {
        while (true)
        {
            TlsHandshakeStatus status = session.Handshake();
            await FlushAsync();
            if (status != TlsHandshakeStatus.WantIo)
                return status;
            await ReceiveAsync();
        }
    }

    internal async Task<(TlsReadStatus Status, byte[] Data)> ReadAsync()
    {
        byte[] plaintext = new byte[20_000];
        while (true)
        {
            TlsReadStatus status = session.Read(plaintext, out int count);
            await FlushAsync();
            if (status != TlsReadStatus.WantIo)
                return (status, plaintext[..count]);
            await ReceiveAsync();
        }
    }

    /// <summary>Takes records in, none of which may bring data, until something holds.</summary>
    internal async Task ReceiveUntilAsync(Func<bool> holds)
    {
        byte[] none = new byte[1];
        while (true)
        {
            Assert.Equal(TlsReadStatus.WantIo, session.Read(none, out _));
            if (holds())
                return;
            await ReceiveAsync();
        }
    }

    internal async Task WriteAsync(ReadOnlyMemory<byte> plaintext)
    {
        for (int sent = 0; sent < plaintext.Length;)
        {
            Assert.NotEqual(TlsWriteStatus.Failed, session.Write(plaintext.Span[sent..], out int count));
            sent += count;
            await FlushAsync();
        }
    }

    internal async Task ShutdownAsync()
    {
        session.Shutdown();
        await FlushAsync();
    }

    public void Dispose()
    {
        session.Dispose();
        socket.Dispose();
    }

    private async Task ReceiveAsync()
    {
        int received = await socket.ReceiveAsync(buffer, deadline);
        if (received == 0)
            session.EndInput();
        session.Feed(buffer.AsSpan(0, received));
    }

    internal async Task FlushAsync()
    {
        while (!session.Pending.IsEmpty)
        {
            byte[] pending = session.Pending.ToArray();
            session.ConsumePending(await socket.SendAsync(pending, deadline));
        }
    }
}
