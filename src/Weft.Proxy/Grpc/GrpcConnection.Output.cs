using System.Globalization;
using System.Net.Sockets;
using System.Numerics;
using System.Text;
using Weft.Wire.Http2;

namespace Weft.Proxy.Grpc;

/// <content>What is sent: the queue, the task that empties it, and the frames that go into it.</content>
public sealed partial class GrpcConnection
{
    /// <summary>Messages wait while so much is queued; the frames that answer the server's own do not.</summary>
    private const int QueueBytes = 64 << 10;

    /// <summary>A server that makes us answer more than this without reading any of it is given up.</summary>
    private const int MaxQueueBytes = 1 << 20;

    private const int KeptQueueBytes = 4 << 10;

    private byte[] _queue = new byte[KeptQueueBytes];
    private int _queued;
    private bool _isFlushing;
    private Task _flushing = Task.CompletedTask;

    /// <summary>Sends a message in as many DATA frames as the windows and the frame size ask for.</summary>
    internal async Task SendAsync(GrpcStream stream, ReadOnlyMemory<byte> message, bool isLast, CancellationToken cancel)
    {
        while (true)
        {
            Task wait;
            lock (_gate)
            {
                stream.ThrowIfEnded();
                message = message[QueueData(stream, message.Span, isLast)..];
                Flush();
                if (message.IsEmpty)
                    return;
                wait = stream.WhenWritable();
            }

            await wait.WaitAsync(cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Queues as much as may go; the number of bytes. Messages are never empty, for they have their prefix.</summary>
    private int QueueData(GrpcStream stream, ReadOnlySpan<byte> data, bool isLast)
    {
        int taken = 0;
        while (taken < data.Length)
        {
            int room = Math.Min(QueueBytes - _queued, Math.Min(stream.Sendable, Math.Max(0, _send.Available)));
            int length = Math.Min(Math.Min(room, _peer.MaxFrameSize), data.Length - taken);
            if (length <= 0)
                break;
            bool isEnd = isLast && taken + length == data.Length;
            Http2FrameWriter writer = new(Reserve(Http2Frame.HeaderBytes + length));
            writer.Data(stream.Id, data.Slice(taken, length), isEnd);
            _queued += writer.Length;
            stream.CountSent(length);
            _send.TryConsume(length);
            stream.IsRequestDone |= isEnd;
            taken += length;
        }

        return taken;
    }

    private void QueuePreface()
    {
        Http2FrameWriter writer = new(Reserve(128));
        writer.Raw(Http2Preface.Bytes);
        writer.Settings(new Http2Settings { EnablePush = false, InitialWindowSize = _options.WindowBytes, MaxHeaderListSize = MaxHeaderListBytes });
        writer.WindowUpdate(0, _options.WindowBytes - Http2Settings.DefaultInitialWindowSize);
        _queued += writer.Length;
    }

    private void QueueHead(int streamId, string path, IReadOnlyList<KeyValuePair<string, string>> metadata, TimeSpan? timeout)
    {
        int bytes = 256 + path.Length + _options.Authority.Length;
        foreach ((string name, string value) in metadata)
            bytes += name.Length + value.Length;

        int bound = HpackWriter.Bound(10 + metadata.Count, bytes);
        Span<byte> frames = Reserve(bound + Http2FrameWriter.HeaderFramesOverhead(bound, _peer.MaxFrameSize));
        HpackWriter block = new(_encoder, frames[Http2Frame.HeaderBytes..]);
        block.Pseudo(HpackStaticTable.Method, "POST"u8);
        block.Pseudo(HpackStaticTable.Scheme, _options.Tls is null ? "http"u8 : "https"u8);
        block.Pseudo(HpackStaticTable.Path, Encoding.ASCII.GetBytes(path));
        block.Pseudo(HpackStaticTable.Authority, Encoding.ASCII.GetBytes(_options.Authority));
        block.Field("te"u8, "trailers"u8);
        block.Field("content-type"u8, "application/grpc"u8);
        block.Field("user-agent"u8, "weft-proxy"u8);
        block.Field("grpc-accept-encoding"u8, "identity"u8);
        if (timeout is { } limit)
            block.Field("grpc-timeout"u8, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Math.Clamp((long)limit.TotalMilliseconds, 1, 99_999_999)}m")));
        foreach ((string name, string value) in metadata)
            block.Field(Encoding.ASCII.GetBytes(name), Encoding.ASCII.GetBytes(value));
        _queued += Http2FrameWriter.FrameHeaderBlock(frames, block.Length, streamId, endStream: false, _peer.MaxFrameSize);
    }

    private void QueueReset(int streamId, Http2ErrorCode code)
    {
        Http2FrameWriter writer = new(Reserve(Http2Frame.HeaderBytes + 4));
        writer.ResetStream(streamId, code);
        _queued += writer.Length;
    }

    private void QueueWindowUpdate(int streamId, int increment)
    {
        Http2FrameWriter writer = new(Reserve(Http2Frame.HeaderBytes + 4));
        writer.WindowUpdate(streamId, increment);
        _queued += writer.Length;
    }

    private void QueueSettingsAck()
    {
        Http2FrameWriter writer = new(Reserve(Http2Frame.HeaderBytes));
        writer.SettingsAck();
        _queued += writer.Length;
    }

    private void QueuePing(ReadOnlySpan<byte> opaque, bool isAck)
    {
        Http2FrameWriter writer = new(Reserve(Http2Frame.HeaderBytes + 8));
        writer.Ping(opaque, isAck);
        _queued += writer.Length;
    }

    private void QueueGoAway(Http2ErrorCode code)
    {
        Http2FrameWriter writer = new(Reserve(Http2Frame.HeaderBytes + 8));
        writer.GoAway(0, code);
        _queued += writer.Length;
    }

    private Span<byte> Reserve(int bytes)
    {
        if (_queue.Length - _queued < bytes)
            Array.Resize(ref _queue, (int)BitOperations.RoundUpToPowerOf2((uint)(_queued + bytes)));
        return _queue.AsSpan(_queued, bytes);
    }

    /// <summary>Sets the sending task going when there is something to send and it does not run. Under the gate.</summary>
    private void Flush()
    {
        if (_queued > MaxQueueBytes)
            Fail(new GrpcException(GrpcStatusCode.Unavailable, "The server asks for answers without reading them."));
        if (_isFlushing || _queued == 0)
            return;
        _isFlushing = true;
        _flushing = FlushAsync();
    }

    private async Task FlushAsync()
    {
        // The caller holds the gate.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        byte[] spare = new byte[KeptQueueBytes];
        try
        {
            while (true)
            {
                byte[] bytes;
                int length;
                lock (_gate)
                {
                    foreach (GrpcStream stream in _streams.Values)
                        stream.SignalWritable();
                    if (_queued == 0)
                    {
                        _isFlushing = false;
                        if (_queue.Length > KeptQueueBytes)
                            _queue = spare.Length > KeptQueueBytes ? new byte[KeptQueueBytes] : spare;
                        return;
                    }

                    (bytes, length, _queue, _queued) = (_queue, _queued, spare, 0);
                }

                await _transport.SendAsync(bytes.AsMemory(0, length), _closing.Token).ConfigureAwait(false);
                spare = bytes;
            }
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or OperationCanceledException or GrpcException)
        {
            // _isFlushing stays set: nothing is sent any more.
            lock (_gate)
                Fail(Lost(e));
        }
    }

    private static GrpcException Lost(Exception e) => e as GrpcException
        ?? new GrpcException(GrpcStatusCode.Unavailable, e is OperationCanceledException ? "The connection was closed." : $"The connection to the server broke: {e.Message}", e);
}
