using System.Net;
using System.Net.Sockets;

namespace Weft.Proxy.Grpc;

/// <summary>TCP in the clear, and what <see cref="TlsTransport"/> stands on.</summary>
internal sealed class PlainTransport : IGrpcTransport
{
    private readonly Socket _socket;

    private PlainTransport(Socket socket) => _socket = socket;

    /// <summary>Connects to a name, trying its addresses in order, or to an address.</summary>
    /// <exception cref="SocketException">Nobody answers there, or the name is not known.</exception>
    internal static async ValueTask<PlainTransport> ConnectAsync(string host, int port, CancellationToken cancel)
    {
        EndPoint target = IPAddress.TryParse(host, out IPAddress? address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port);
        Socket socket = address is null ? new Socket(SocketType.Stream, ProtocolType.Tcp) : new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            await socket.ConnectAsync(target, cancel).ConfigureAwait(false);
            return new PlainTransport(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancel) => _socket.ReceiveAsync(buffer, SocketFlags.None, cancel);

    /// <inheritdoc/>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None, cancel).ConfigureAwait(false)..];
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
