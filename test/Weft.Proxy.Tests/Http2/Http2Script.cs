using System.Buffers.Binary;
using System.Text;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Http2;

/// <summary>The upstream's end of one connection of HTTP/2, written frame by frame, so that it can be as wrong as a test wants.</summary>
internal sealed class Http2Script(RawClient peer)
{
    public const byte Data = 0, Headers = 1, ResetStream = 3, Settings = 4, PushPromise = 5, Ping = 6, GoAway = 7, WindowUpdate = 8, Continuation = 9;
    private const string Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    /// <summary>One frame that came.</summary>
    public readonly record struct Frame(byte Type, byte Flags, int Stream, byte[] Payload);

    /// <summary>An upstream that begins each connection properly and then follows the script.</summary>
    /// <param name="script">What it does; given the connection and its number, from 1.</param>
    /// <param name="settings">The payload of its first SETTINGS.</param>
    public static ScriptedServer Start(Func<Http2Script, int, Task> script, byte[]? settings = null)
    {
        int connections = 0;
        return ScriptedServer.Start(async peer =>
        {
            int number = Interlocked.Increment(ref connections);
            var connection = new Http2Script(peer);
            Assert.Equal(Preface, Encoding.ASCII.GetString(await peer.ReadExactlyAsync(Preface.Length)));
            await connection.SendAsync(Settings, 0, 0, settings ?? []);
            await script(connection, number);
        });
    }

    /// <summary>A setting in a SETTINGS payload.</summary>
    public static byte[] Setting(ushort id, uint value)
    {
        byte[] payload = new byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(payload, id);
        BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(2), value);
        return payload;
    }

    public static byte[] Number(uint value)
    {
        byte[] payload = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(payload, value);
        return payload;
    }

    /// <summary>A field that enters no table, in HPACK.</summary>
    public static byte[] Field(string name, string value) => [0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];

    public static byte[] Bytes(byte type, byte flags, int stream, params byte[] payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    public Task SendAsync(byte type, byte flags, int stream, params byte[] payload) => peer.SendAsync(Bytes(type, flags, stream, payload));

    /// <summary>Sends bytes as they are.</summary>
    public Task SendRawAsync(byte[] bytes) => peer.SendAsync(bytes);

    /// <summary>The next frame.</summary>
    public async Task<Frame> ReadAsync()
    {
        byte[] header = await peer.ReadExactlyAsync(9);
        int length = BinaryPrimitives.ReadInt32BigEndian(header) >>> 8;
        return new Frame(header[3], header[4], BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)), length == 0 ? [] : await peer.ReadExactlyAsync(length));
    }

    /// <summary>The next frame of one type.</summary>
    public async Task<Frame> ReadAsync(byte type)
    {
        while (true)
        {
            Frame frame = await ReadAsync();
            if (frame.Type == type && !(type == Settings && frame.Flags == 1)) return frame;
        }
    }

    /// <summary>Waits for a request and answers it with 200 and a body.</summary>
    public async Task AnswerAsync(string body = "hello")
    {
        Frame request = await ReadAsync(Headers);
        await SendAsync(Headers, 4, request.Stream, 0x88);
        await SendAsync(Data, 1, request.Stream, Encoding.ASCII.GetBytes(body));
    }

    /// <summary>Reads until the other side ends.</summary>
    public Task DrainAsync() => peer.ReadToEndAsync();
}
