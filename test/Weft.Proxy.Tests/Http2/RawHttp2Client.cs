using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Weft.Proxy.Tests.Engine;
using Weft.Wire.Http2;

namespace Weft.Proxy.Tests.Http2;

/// <summary>A client of HTTP/2 that sends whatever it is told to, lawful or not, and shows each frame that comes back.</summary>
internal sealed class RawHttp2Client : IDisposable
{
    private readonly RawClient _client;
    private readonly HpackDecoder _decoder = new();
    private readonly byte[] _scratch = new byte[64 * 1024];

    private RawHttp2Client(RawClient client) => _client = client;

    public RawClient Raw => _client;

    /// <summary>A connection whose preface and SETTINGS were sent.</summary>
    public static async Task<RawHttp2Client> ConnectAsync(ProxyUnderTest proxy, byte[]? settings = null)
    {
        RawHttp2Client client = await OverAsync(proxy);
        await client.SendAsync(Http2Preface.Bytes.ToArray(), Frame(Http2FrameType.Settings, 0, 0, settings ?? []));
        return client;
    }

    /// <summary>A connection on which nothing was sent.</summary>
    public static async Task<RawHttp2Client> OverAsync(ProxyUnderTest proxy) => new(await proxy.ConnectAsync());

    /// <summary>Goes on in HTTP/2 on a connection that began otherwise.</summary>
    public static RawHttp2Client Over(RawClient client) => new(client);

    public static byte[] Frame(Http2FrameType type, int flags, int stream, params ReadOnlySpan<byte> payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, ((uint)payload.Length << 8) | (byte)type);
        frame[4] = (byte)flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    public static byte[] Word(uint value)
    {
        byte[] word = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(word, value);
        return word;
    }

    public static byte[] Setting(ushort name, uint value) => [(byte)(name >> 8), (byte)name, .. Word(value)];

    /// <summary>A header block of literals that enter no table.</summary>
    public static byte[] Block(params ReadOnlySpan<(string Name, string Value)> fields)
    {
        List<byte> block = [];
        foreach ((string name, string value) in fields)
        {
            block.Add(0);
            AddText(block, name);
            AddText(block, value);
        }

        return [.. block];
    }

    /// <summary>What a plain request's head holds.</summary>
    public static (string Name, string Value)[] Request(string path, string method = "GET") =>
        [(":method", method), (":scheme", "http"), (":path", path), (":authority", "a")];

    public static byte[] Get(int stream, string path, bool endStream = true) =>
        Frame(Http2FrameType.Headers, 4 | (endStream ? 1 : 0), stream, Block(Request(path)));

    public static byte[] Post(int stream, string path, params (string Name, string Value)[] more) =>
        Frame(Http2FrameType.Headers, 4, stream, Block([.. Request(path, "POST"), .. more]));

    public static byte[] Reset(int stream) => Frame(Http2FrameType.ResetStream, 0, stream, Word((uint)Http2ErrorCode.Cancel));

    public static byte[] WindowUpdate(int stream, uint increment) => Frame(Http2FrameType.WindowUpdate, 0, stream, Word(increment));

    public static byte[] Data(int stream, string text, bool endStream) => Frame(Http2FrameType.Data, endStream ? 1 : 0, stream, Encoding.ASCII.GetBytes(text));

    public Task SendAsync(params byte[][] parts) => _client.SendAsync(parts.SelectMany(static part => part).ToArray());

    /// <summary>Sends what the proxy may well refuse to read to its end.</summary>
    public async Task FloodAsync(byte[] bytes)
    {
        try
        {
            await _client.SendAsync(bytes);
        }
        catch (Exception refused) when (refused is SocketException or TimeoutException)
        {
            // It closed the connection while we were still sending, which is what the test waits for.
        }
    }

    /// <summary>The next frame; null at the end of the connection.</summary>
    public async Task<RawFrame?> ReadAsync()
    {
        if (await _client.ReadOrEndAsync(9) is not { } header) return null;
        int length = (int)(BinaryPrimitives.ReadUInt32BigEndian(header) >> 8);
        if (await _client.ReadOrEndAsync(length) is not { } payload) return null;
        return new RawFrame((Http2FrameType)header[3], header[4], BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)), payload);
    }

    /// <summary>The next frame of this kind, on this stream; those before it are dropped.</summary>
    public async Task<RawFrame> ReadUntilAsync(Http2FrameType type, int stream)
    {
        List<string> before = [];
        while (await ReadAsync() is { } frame)
        {
            if (frame.Type == type && frame.StreamId == stream) return frame;
            // Each block must pass the decoder, or its table would no longer be the proxy's.
            if (frame.Type == Http2FrameType.Headers) Decode(frame);
            before.Add($"{frame.Type} {frame.StreamId} {Convert.ToHexStringLower(frame.Payload.AsSpan(0, Math.Min(16, frame.Payload.Length)))}");
        }

        throw new Xunit.Sdk.XunitException($"the connection ended without {type} on stream {stream}; last came: {string.Join(" | ", before.TakeLast(5))}");
    }

    /// <summary>The proxy ends the connection with this code, and ends it indeed.</summary>
    public async Task ExpectGoAwayAsync(Http2ErrorCode code)
    {
        RawFrame frame = await ReadUntilAsync(Http2FrameType.GoAway, 0);
        Assert.Equal((code, Encoding.ASCII.GetString(frame.Payload.AsSpan(8))), ((Http2ErrorCode)frame.Word(4), Encoding.ASCII.GetString(frame.Payload.AsSpan(8))));
        while (await ReadAsync() is { } more) Assert.NotEqual(Http2FrameType.Headers, more.Type);
    }

    public async Task ExpectResetAsync(int stream, Http2ErrorCode code) =>
        Assert.Equal(code, (Http2ErrorCode)(await ReadUntilAsync(Http2FrameType.ResetStream, stream)).Word(0));

    public async Task ExpectStatusAsync(int stream, string status) =>
        Assert.Equal(status, Decode(await ReadUntilAsync(Http2FrameType.Headers, stream)).Single(static field => field.Name == ":status").Value);

    /// <summary>A whole request and its response with 200.</summary>
    public async Task ServeAsync(int stream, string path = "/")
    {
        await SendAsync(Get(stream, path));
        await ExpectStatusAsync(stream, "200");
        while (!(await ReadUntilAsync(Http2FrameType.Data, stream)).EndStream)
        {
            // the rest of the body
        }
    }

    public void Dispose() => _client.Dispose();

    private List<(string Name, string Value)> Decode(RawFrame frame)
    {
        FieldCollector fields = new();
        HpackResult result = _decoder.Decode(frame.Payload, _scratch, HpackLimits.Default, ref fields);
        Assert.Equal(HpackError.None, result.Error);
        return fields.Fields;
    }

    private static void AddText(List<byte> block, string text)
    {
        int length = text.Length;
        if (length < 127)
        {
            block.Add((byte)length);
        }
        else
        {
            block.Add(127);
            for (length -= 127; length >= 128; length >>= 7) block.Add((byte)(length & 127 | 128));
            block.Add((byte)length);
        }

        block.AddRange(Encoding.Latin1.GetBytes(text));
    }

    private readonly struct FieldCollector() : IHpackSink
    {
        public List<(string Name, string Value)> Fields { get; } = [];

        public void OnField(scoped in HpackField field) => Fields.Add((Encoding.Latin1.GetString(field.Name), Encoding.Latin1.GetString(field.Value)));
    }
}
