using Weft.Proxy.Engine;
using Weft.Proxy.Interop;
using Weft.Proxy.Model;

namespace Weft.Proxy.Transport;

/// <summary>The half for connections that a <see cref="Tunnel"/> carries in place of a socket. Sockets pay one null check per call.</summary>
internal abstract unsafe partial class SocketConnection
{
    /// <summary>Our address: the socket's, or that of the connection under the tunnel.</summary>
    protected NetworkAddress OwnAddress => Tunnel is { } tunnel ? tunnel.LocalAddress : Sockets.LocalAddress(Descriptor);

    /// <summary>Why a connection that was being made was not: the error number or 0, and a sentence or nothing.</summary>
    protected (int Error, string Detail) ConnectFailure => Tunnel is { } tunnel ? tunnel.Failure : (Libc.GetOption(Descriptor, Libc.SolSocket, Libc.SoError), "");

    private ReceiveStatus ReceiveCarried(byte* scratch, out ReadOnlySpan<byte> data)
    {
        Tunnel tunnel = Tunnel!;
        int count = tunnel.Receive(scratch, Worker.ScratchBytes);
        data = new ReadOnlySpan<byte>(scratch, Math.Max(count, 0));
        if (count <= 0 || !tunnel.HasMore) IsReadable = false;
        return count > 0 ? ReceiveStatus.Data : count == 0 ? ReceiveStatus.End : count == -Errno.EAGAIN ? ReceiveStatus.Empty : ReceiveStatus.Broken;
    }

    private void SendCarried(byte* first, int firstCount, byte* second, int secondCount)
    {
        if (!SendCarried(new ReadOnlySpan<byte>(first, firstCount))) return;
        SendCarried(new ReadOnlySpan<byte>(second, secondCount));
    }

    /// <summary>False when sending failed.</summary>
    private bool SendCarried(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return true;
        int sent = HasUnsent ? -Errno.EAGAIN : Tunnel!.Send(bytes);
        if (sent == -Errno.EAGAIN) _unsent.Append(Worker.Buffers, bytes);
        else if (sent < 0) FailSend();
        return sent >= 0 || sent == -Errno.EAGAIN;
    }
}
