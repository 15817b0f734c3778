using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Weft.Proxy.Tests.Engine;

/// <summary>A client that sends exactly the bytes it is told to and shows exactly those that came.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private byte[] _ahead = [];

    private RawClient(Socket socket) => Socket = socket;

    public Socket Socket { get; }

    public static async Task<RawClient> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port).WaitAsync(ProxyUnderTest.Deadline);
        return new RawClient(socket);
    }

    public static RawClient Over(Socket accepted) => new(accepted);

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await Socket.SendAsync(bytes).AsTask().WaitAsync(ProxyUnderTest.Deadline)..];
    }

    /// <summary>The next bytes; empty at the end, null when the connection was reset.</summary>
    public async Task<byte[]?> ReceiveAsync()
    {
        if (_ahead.Length > 0)
        {
            byte[] ahead = _ahead;
            _ahead = [];
            return ahead;
        }

        try
        {
            int count = await Socket.ReceiveAsync(_buffer).WaitAsync(ProxyUnderTest.Deadline);
            return _buffer.AsSpan(0, count).ToArray();
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>Everything until the peer ends.</summary>
    public async Task<(string Text, bool Reset)> ReadToEndAsync()
    {
        var all = new MemoryStream();
        while (true)
        {
            byte[]? bytes = await ReceiveAsync();
            if (bytes is null || bytes.Length == 0) return (Encoding.Latin1.GetString(all.ToArray()), bytes is null);
            all.Write(bytes);
        }
    }

    /// <summary>Everything up to and with a mark; what came behind it is kept for the next read.</summary>
    public async Task<string> ReadUntilAsync(string mark)
    {
        string text = "";
        while (true)
        {
            int at = text.IndexOf(mark, StringComparison.Ordinal);
            if (at >= 0)
            {
                _ahead = Encoding.Latin1.GetBytes(text[(at + mark.Length)..]);
                return text[..(at + mark.Length)];
            }

            byte[]? bytes = await ReceiveAsync();
            Assert.True(bytes is { Length: > 0 }, $"the connection ended before '{mark}'; it had sent: {text}");
            text += Encoding.Latin1.GetString(bytes);
        }
    }

    /// <summary>Exactly so many bytes.</summary>
    public async Task<byte[]> ReadExactlyAsync(int count)
    {
        var all = new MemoryStream();
        while (all.Length < count)
        {
            byte[]? bytes = await ReceiveAsync();
            Assert.True(bytes is { Length: > 0 }, $"the connection ended after {all.Length} of {count} bytes");
            all.Write(bytes);
        }

        byte[] whole = all.ToArray();
        _ahead = whole[count..];
        return whole[..count];
    }

    /// <summary>Exactly so many bytes, or null when the connection ends before.</summary>
    public async Task<byte[]?> ReadOrEndAsync(int count)
    {
        byte[] whole = new byte[count];
        for (int have = 0; have < count;)
        {
            byte[]? bytes = await ReceiveAsync();
            if (bytes is null || bytes.Length == 0) return null;
            int take = Math.Min(bytes.Length, count - have);
            bytes.AsSpan(0, take).CopyTo(whole.AsSpan(have));
            have += take;
            _ahead = bytes[take..];
        }

        return whole;
    }

    /// <summary>One response with a Content-Length (or without a body).</summary>
    public async Task<(string Head, string Body)> ReadResponseAsync(bool bodiless = false)
    {
        string head = await ReadUntilAsync("\r\n\r\n");
        string? length = head.Split("\r\n").FirstOrDefault(line => line.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase))?[15..];
        if (bodiless || length is null) return (head, "");
        return (head, Encoding.Latin1.GetString(await ReadExactlyAsync(int.Parse(length))));
    }

    public void Dispose() => Socket.Dispose();
}
