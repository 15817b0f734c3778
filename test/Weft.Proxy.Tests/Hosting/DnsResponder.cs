using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Weft.Proxy.Tests.Hosting;

/// <summary>A DNS server on an address of loopback, UDP and TCP (RFC 1035), that answers as the test says; truncated over UDP when the answer is long.</summary>
internal sealed class DnsResponder : IDisposable
{
    private const int ClassicUdpBytes = 512;
    private readonly Socket _datagrams = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Socket _connections = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private int _questions;

    public DnsResponder(IPAddress address)
    {
        _datagrams.Bind(new IPEndPoint(address, 53));
        _connections.Bind(new IPEndPoint(address, 53));
        _connections.Listen(16);
        _ = ServeDatagramsAsync();
        _ = ServeConnectionsAsync();
    }

    /// <summary>What to answer questions for IPv4 addresses with.</summary>
    public sealed record Answer(IReadOnlyList<IPAddress> Addresses, int Code = 0, bool IsSilent = false);

    /// <summary>In force for the next question.</summary>
    public Answer Now { get; set; } = new([]);

    /// <summary>Questions for IPv4 addresses so far.</summary>
    public int Questions => Volatile.Read(ref _questions);

    public void Dispose()
    {
        _datagrams.Dispose();
        _connections.Dispose();
    }

    private async Task ServeDatagramsAsync()
    {
        byte[] request = new byte[2048];
        try
        {
            while (true)
            {
                SocketReceiveFromResult received = await _datagrams.ReceiveFromAsync(request, new IPEndPoint(IPAddress.Any, 0));
                if (Reply(request.AsSpan(0, received.ReceivedBytes), ClassicUdpBytes) is { } reply) await _datagrams.SendToAsync(reply, received.RemoteEndPoint);
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeConnectionsAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeConnectionAsync(await _connections.AcceptAsync());
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    // A resolver asks for both kinds of addresses over one connection.
    private async Task ServeConnectionAsync(Socket connection)
    {
        byte[] length = new byte[2];
        try
        {
            using NetworkStream stream = new(connection, ownsSocket: true);
            while (true)
            {
                await stream.ReadExactlyAsync(length);
                byte[] request = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(request);
                if (Reply(request, ushort.MaxValue) is not { } reply) return;
                BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)reply.Length);
                await stream.WriteAsync(length);
                await stream.WriteAsync(reply);
            }
        }
        catch (Exception end) when (end is IOException or ObjectDisposedException)
        {
            // The resolver has what it wanted.
        }
    }

    /// <summary>The question repeated, then one A record of TTL 0 for each address.</summary>
    private byte[]? Reply(ReadOnlySpan<byte> request, int mostBytes)
    {
        int end = 12;
        while (request[end] != 0) end += request[end] + 1;
        end += 5;
        bool wantsV4 = BinaryPrimitives.ReadUInt16BigEndian(request[(end - 4)..]) == 1;
        Answer now = Now;
        if (wantsV4) Interlocked.Increment(ref _questions);
        if (now.IsSilent) return null;
        IPAddress[] addresses = wantsV4 ? [.. now.Addresses] : [];
        bool truncated = end + (addresses.Length * 16) > mostBytes;
        if (truncated) addresses = [];
        byte[] reply = new byte[end + (addresses.Length * 16)];
        request[..end].CopyTo(reply);
        reply[2] = (byte)(truncated ? 0x87 : 0x85);
        reply[3] = (byte)(0x80 | now.Code);
        BinaryPrimitives.WriteUInt16BigEndian(reply.AsSpan(6), (ushort)addresses.Length);
        reply.AsSpan(8, 4).Clear();
        for (int i = 0; i < addresses.Length; i++)
        {
            // A pointer to the question's name, type A, class IN, TTL 0, four bytes.
            Span<byte> record = reply.AsSpan(end + (i * 16), 16);
            ReadOnlySpan<byte> fixedPart = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4];
            fixedPart.CopyTo(record);
            addresses[i].TryWriteBytes(record[12..], out _);
        }

        return reply;
    }
}
