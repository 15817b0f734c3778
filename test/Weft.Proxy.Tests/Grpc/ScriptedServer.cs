using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Google.Protobuf;
using Weft.Wire.Http2;

namespace Weft.Proxy.Tests.Grpc;

/// <summary>One HTTP/2 connection from the server's side, frame by frame: it does what the test says and nothing else, right or wrong.</summary>
internal sealed class ScriptedServer : IDisposable
{
    private readonly Stream _stream;
    private readonly HpackEncoder _encoder = new();
    private readonly HpackDecoder _decoder = new();

    private ScriptedServer(Stream stream) => _stream = stream;

    /// <summary>Bytes of DATA that the client has granted to the connection and to stream 1.</summary>
    public long ConnectionWindow { get; private set; } = Http2Settings.DefaultInitialWindowSize;

    public long StreamWindow { get; private set; } = Http2Settings.DefaultInitialWindowSize;

    /// <summary>The client has acknowledged the SETTINGS, so it acts by them.</summary>
    public bool IsAcknowledged { get; private set; }

    public static TcpListener Listen()
    {
        TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    /// <summary>Accepts, reads the preface and answers with SETTINGS.</summary>
    public static async Task<ScriptedServer> AcceptAsync(TcpListener listener, CancellationToken cancel, Http2Settings? settings = null, Func<Stream, Task<Stream>>? wrap = null)
    {
        Socket socket = await listener.AcceptSocketAsync(cancel);
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        ScriptedServer server = new(wrap is null ? stream : await wrap(stream));
        byte[] preface = new byte[Http2Preface.Bytes.Length];
        await server._stream.ReadExactlyAsync(preface, cancel);
        Assert.True(Http2Preface.IsComplete(preface));
        byte[] frame = new byte[64];
        await server._stream.WriteAsync(frame.AsMemory(0, WriteSettings(frame, settings ?? new Http2Settings())), cancel);
        return server;
    }

    /// <summary>The next frame; windows are counted on the way.</summary>
    public async Task<RawFrame> ReadAsync(CancellationToken cancel)
    {
        byte[] head = new byte[Http2Frame.HeaderBytes];
        await _stream.ReadExactlyAsync(head, cancel);
        byte[] payload = new byte[BinaryPrimitives.ReadInt32BigEndian(head) >>> 8];
        await _stream.ReadExactlyAsync(payload, cancel);
        RawFrame frame = new((Http2FrameType)head[3], (Http2FrameFlags)head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
        if (frame.Type == Http2FrameType.WindowUpdate)
        {
            int increment = BinaryPrimitives.ReadInt32BigEndian(payload);
            (ConnectionWindow, StreamWindow) = frame.StreamId == 0 ? (ConnectionWindow + increment, StreamWindow) : (ConnectionWindow, StreamWindow + increment);
        }
        else if (frame is { Type: Http2FrameType.Settings, IsAck: true })
        {
            IsAcknowledged = true;
        }
        else if (frame.Type == Http2FrameType.Settings)
        {
            Http2Settings client = new();
            Assert.True(Http2SettingsPayload.Apply(payload, fromServer: false, ref client).IsNone);
            StreamWindow += client.InitialWindowSize - Http2Settings.DefaultInitialWindowSize;
        }

        return frame;
    }

    /// <summary>Reads up to a frame of a type.</summary>
    public async Task<RawFrame> ReadAsync(Http2FrameType type, CancellationToken cancel)
    {
        while (true)
        {
            RawFrame frame = await ReadAsync(cancel);
            if (frame.Type == type && !frame.IsAck)
                return frame;
        }
    }

    /// <summary>Reads a request's head up to a map of its fields.</summary>
    public async Task<Dictionary<string, string>> ReadHeadAsync(CancellationToken cancel)
    {
        RawFrame frame = await ReadAsync(Http2FrameType.Headers, cancel);
        FieldSink sink = new([]);
        Assert.True(_decoder.Decode(frame.Payload, new byte[64 << 10], HpackLimits.Default, ref sink).IsComplete);
        return sink.Fields;
    }

    /// <summary>Reads the body of one request up to END_STREAM, granting nothing.</summary>
    public async Task<byte[]> ReadBodyAsync(CancellationToken cancel)
    {
        using MemoryStream body = new();
        while (true)
        {
            RawFrame frame = await ReadAsync(Http2FrameType.Data, cancel);
            body.Write(frame.Payload);
            if (frame.Flags.HasFlag(Http2FrameFlags.EndStreamOrAck))
                return body.ToArray();
        }
    }

    public Task HeadAsync(int streamId, CancellationToken cancel, bool endStream = false, params (string Name, string Value)[] fields)
    {
        byte[] block = new byte[HpackWriter.Bound(fields.Length, fields.Sum(f => f.Name.Length + f.Value.Length))];
        HpackWriter writer = new(_encoder, block);
        foreach ((string name, string value) in fields)
            writer.Field(Encoding.ASCII.GetBytes(name), Encoding.ASCII.GetBytes(value));
        byte[] frames = new byte[block.Length + Http2FrameWriter.HeaderFramesOverhead(block.Length, Http2Settings.MinMaxFrameSize)];
        Http2FrameWriter framer = new(frames);
        framer.Headers(streamId, block.AsSpan(0, writer.Length), endStream, Http2Settings.MinMaxFrameSize);
        Assert.False(framer.Overflowed);
        return _stream.WriteAsync(frames.AsMemory(0, framer.Length), cancel).AsTask();
    }

    public Task GoodHeadAsync(int streamId, CancellationToken cancel, string encoding = "identity") =>
        HeadAsync(streamId, cancel, false, (":status", "200"), ("content-type", "application/grpc"), ("grpc-encoding", encoding));

    public Task TrailersAsync(int streamId, CancellationToken cancel, string status = "0") => HeadAsync(streamId, cancel, true, ("grpc-status", status));

    /// <summary>A whole answer: head, message, trailers.</summary>
    public async Task AnswerAsync(int streamId, IMessage message, CancellationToken cancel)
    {
        await GoodHeadAsync(streamId, cancel);
        await DataAsync(streamId, Framed(message), cancel);
        await TrailersAsync(streamId, cancel);
    }

    public Task DataAsync(int streamId, ReadOnlyMemory<byte> data, CancellationToken cancel, bool endStream = false)
    {
        byte[] frame = new byte[Http2Frame.HeaderBytes + data.Length];
        Http2FrameWriter.WriteHeader(frame, Http2FrameType.Data, endStream ? Http2FrameFlags.EndStreamOrAck : Http2FrameFlags.None, streamId, data.Length);
        data.CopyTo(frame.AsMemory(Http2Frame.HeaderBytes));
        ConnectionWindow -= data.Length;
        StreamWindow -= data.Length;
        return _stream.WriteAsync(frame, cancel).AsTask();
    }

    /// <summary>Sends DATA in the largest frames that the client's windows allow, reading its WINDOW_UPDATEs when they are used up.</summary>
    public async Task DataWithinWindowsAsync(int streamId, ReadOnlyMemory<byte> data, CancellationToken cancel)
    {
        while (!data.IsEmpty)
        {
            int length = (int)Math.Min(Math.Min(ConnectionWindow, StreamWindow), Math.Min(data.Length, Http2Settings.MinMaxFrameSize));
            if (length <= 0)
            {
                await ReadAsync(Http2FrameType.WindowUpdate, cancel);
                continue;
            }

            await DataAsync(streamId, data[..length], cancel);
            data = data[length..];
        }
    }

    public Task ResetAsync(int streamId, Http2ErrorCode code, CancellationToken cancel) => FrameAsync(Http2FrameType.ResetStream, Http2FrameFlags.None, streamId, Number((int)code), cancel);

    public Task GoAwayAsync(int lastStreamId, CancellationToken cancel) => FrameAsync(Http2FrameType.GoAway, Http2FrameFlags.None, 0, [.. Number(lastStreamId), 0, 0, 0, 0], cancel);

    public Task GrantAsync(int streamId, int increment, CancellationToken cancel) => FrameAsync(Http2FrameType.WindowUpdate, Http2FrameFlags.None, streamId, Number(increment), cancel);

    public Task PongAsync(RawFrame ping, CancellationToken cancel) => FrameAsync(Http2FrameType.Ping, Http2FrameFlags.EndStreamOrAck, 0, ping.Payload, cancel);

    public Task FrameAsync(Http2FrameType type, Http2FrameFlags flags, int streamId, byte[] payload, CancellationToken cancel)
    {
        byte[] frame = new byte[Http2Frame.HeaderBytes + payload.Length];
        Http2FrameWriter.WriteHeader(frame, type, flags, streamId, payload.Length);
        payload.CopyTo(frame, Http2Frame.HeaderBytes);
        return _stream.WriteAsync(frame, cancel).AsTask();
    }

    /// <summary>A message behind its prefix.</summary>
    public static byte[] Framed(IMessage message, byte flag = 0)
    {
        byte[] body = message.ToByteArray();
        return [flag, .. Number(body.Length), .. body];
    }

    public void Dispose() => _stream.Dispose();

    private static byte[] Number(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static int WriteSettings(byte[] frame, Http2Settings settings)
    {
        Http2FrameWriter writer = new(frame);
        writer.Settings(settings);
        return writer.Length;
    }

    private readonly struct FieldSink(Dictionary<string, string> fields) : IHpackSink
    {
        public Dictionary<string, string> Fields => fields;

        public void OnField(scoped in HpackField field) => fields[Encoding.ASCII.GetString(field.Name)] = Encoding.ASCII.GetString(field.Value);
    }
}
