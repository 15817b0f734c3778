using System.Text;
using Weft.Proxy.Http;
using Weft.Wire.Http;
using Weft.Wire.Http2;

namespace Weft.Proxy.Http2;

/// <summary>
/// What goes out. Heads and answers go to the socket in the order in which they are made; body bytes go as far as the two windows and
/// the socket let them, the rest waits in its stream, and the streams that may send take turns, one frame each.
/// </summary>
internal abstract partial class Http2Connection
{
    private const int MaxControlBytes = 256;
    private Http2Stream? _sendableFirst;
    private Http2Stream? _sendableLast;
    private FlowWindow _sendWindow;
    private ReceiveWindow _receiveWindow;
    private int _queuedControl;

    private int MaxFrameBytes => Math.Min(_peer.MaxFrameSize, Http2Settings.MinMaxFrameSize);

    /// <summary>Sends body bytes; what does not fit the windows waits. With <paramref name="end"/> they are the last.</summary>
    internal void SendData(Http2Stream stream, ReadOnlySpan<byte> data, bool end)
    {
        if (!stream.State.CanSend || stream.EndIsPending) return;
        if (stream.LocalLeft >= 0)
        {
            stream.LocalLeft -= data.Length;
            end |= stream.LocalLeft == 0;
        }

        while (!stream.HasPending && data.Length > 0)
        {
            int room = RoomFor(stream, data.Length);
            if (room == 0) break;
            WriteData(stream, data[..room], end && room == data.Length);
            data = data[room..];
        }

        if (data.Length > 0)
        {
            stream.Keep(data);
            stream.EndIsPending = end;
            if (stream.SendWindow.Available > 0) Queue(stream);
        }
        else if (!stream.State.CanSend)
        {
            RemoveIfOver(stream);
        }
        else if (end)
        {
            End(stream);
        }
    }

    /// <summary>Ends our side of the stream, behind what waits.</summary>
    internal void SendEnd(Http2Stream stream)
    {
        if (!stream.State.CanSend || stream.EndIsPending) return;
        if (stream.HasPending) stream.EndIsPending = true;
        else End(stream);
    }

    /// <summary>Ends our side of the stream with trailers, behind what waits.</summary>
    internal void SendTrailers(Http2Stream stream, ReadOnlySpan<byte> trailers)
    {
        if (!stream.State.CanSend || stream.EndIsPending) return;
        stream.KeepTrailers(trailers);
        SendEnd(stream);
    }

    /// <summary>Tells the peer that the stream is over, and forgets it.</summary>
    internal void Reset(Http2Stream stream, Http2ErrorCode code)
    {
        if (!stream.IsAttached) return;
        stream.State.SendReset();
        SendReset(stream.Id, code);
        Remove(stream);
    }

    /// <summary>Gives the room of what was taken back to the peer, once it is worth a frame and the owner takes more.</summary>
    internal void ReturnRoom(Http2Stream stream)
    {
        if (stream.Unreturned == 0 || !stream.TakesData) return;
        int bytes = stream.Unreturned;
        stream.Unreturned = 0;
        if (IsServer) ReturnToConnection(bytes);
        if (stream.State.CanReceive && stream.ReceiveWindow.Release(bytes) is var increment and > 0) SendWindowUpdate(stream.Id, increment);
    }

    /// <summary>Takes the stream out when both sides have ended.</summary>
    protected void RemoveIfOver(Http2Stream stream)
    {
        if (stream.State.Phase == Http2StreamPhase.Closed) Remove(stream);
    }

    protected void SendGoAway(int lastStreamId, Http2ErrorCode code, string debug = "")
    {
        // It may fall and never rise: the peer may have opened elsewhere what an earlier one refused (RFC 9113 section 6.8).
        _lowestGoAway = lastStreamId = Math.Min(lastStreamId, _lowestGoAway);
        Span<byte> text = stackalloc byte[64];
        int length = Encoding.ASCII.GetBytes(debug.AsSpan(0, Math.Min(debug.Length, text.Length)), text);
        var writer = new Http2FrameWriter(ReserveWrite(MaxControlBytes));
        writer.GoAway(lastStreamId, code, text[..length]);
        CommitWrite(writer.Length);
        CountGoAway();
    }

    protected void SendPing(ReadOnlySpan<byte> opaque, bool isAck)
    {
        var writer = new Http2FrameWriter(ReserveWrite(MaxControlBytes));
        writer.Ping(opaque, isAck);
        CommitControl(writer.Length);
    }

    protected void SendReset(int streamId, Http2ErrorCode code)
    {
        var writer = new Http2FrameWriter(ReserveWrite(MaxControlBytes));
        writer.ResetStream(streamId, code);
        CommitControl(writer.Length);
    }

    /// <summary>
    /// Begins a header block for the fields of a head. The block stands behind nine free bytes of <paramref name="room"/>; pair with
    /// <see cref="EndBlock"/>.
    /// </summary>
    protected HpackWriter BeginBlock(HeadView view, int pseudoBytes, out Span<byte> room, out byte[]? rented)
    {
        int bytes = HpackWriter.Bound(view.Fields.Length + HeaderEdits.MaxAddedFields + 8, view.Buffer.Length + (view.Edits?.AddedBytes ?? 0) + pseudoBytes);
        bytes += Http2FrameWriter.HeaderFramesOverhead(bytes, MaxFrameBytes);
        rented = bytes > Engine.Worker.ScratchBytes ? Worker.Buffers.Rent(bytes) : null;
        room = rented ?? ReserveWrite(bytes);
        return new HpackWriter(_encoder, room[Http2Frame.HeaderBytes..]);
    }

    /// <summary>Frames and sends a block; with <paramref name="end"/> our side of the stream is over. Returns the bytes that it took.</summary>
    protected int EndBlock(Http2Stream stream, int blockLength, Span<byte> room, byte[]? rented, bool end)
    {
        int bytes = Http2FrameWriter.FrameHeaderBlock(room, blockLength, stream.Id, end, MaxFrameBytes);
        if (rented is null)
        {
            CommitWrite(bytes);
        }
        else
        {
            Write(room[..bytes]);
            Worker.Buffers.Return(rented);
        }

        if (end) RemoveIfOver(stream);
        return bytes;
    }

    private void SendPreface()
    {
        Http2Settings ours = new()
        {
            EnablePush = IsServer,
            HeaderTableSize = (uint)Options.HeaderTableBytes,
            MaxConcurrentStreams = IsServer ? (uint)Options.MaxConcurrentStreams : uint.MaxValue,
            InitialWindowSize = Options.InitialStreamWindowBytes,
            MaxHeaderListSize = (uint)MaxHeaderListBytes,
            EnableConnectProtocol = IsServer && Options.AllowConnect,
        };
        var writer = new Http2FrameWriter(ReserveWrite(MaxControlBytes));
        if (!IsServer) writer.Raw(Http2Preface.Bytes);
        writer.Settings(ours);
        if (_receiveWindow.Available > Http2Settings.DefaultInitialWindowSize) writer.WindowUpdate(0, _receiveWindow.Available - Http2Settings.DefaultInitialWindowSize);
        CommitWrite(writer.Length);
    }

    /// <summary>Commits an answer. Those that wait because the peer does not read are counted: a peer can make us answer without end.</summary>
    private void CommitControl(int bytes)
    {
        if (HasUnsent) _queuedControl++;
        CommitWrite(bytes);
    }

    private void SendSettingsAck()
    {
        var writer = new Http2FrameWriter(ReserveWrite(MaxControlBytes));
        writer.SettingsAck();
        CommitControl(writer.Length);
    }

    private void SendWindowUpdate(int streamId, int increment)
    {
        var writer = new Http2FrameWriter(ReserveWrite(MaxControlBytes));
        writer.WindowUpdate(streamId, increment);
        CommitWrite(writer.Length);
    }

    private Http2Error OnWindowUpdate(scoped in Http2Frame frame)
    {
        if (frame.StreamId == 0)
        {
            if (!_sendWindow.TryExpand(frame.WindowIncrement)) return Http2Error.Connection(Http2ErrorCode.FlowControlError, Http2Reason.WindowOverflow);
            PumpSendable();
            return Http2Error.None;
        }

        if (Find(frame.StreamId) is not { } stream) return _numbers.Receive(frame.Type, frame.StreamId, out _);
        if (!stream.SendWindow.TryExpand(frame.WindowIncrement)) return Http2Error.Stream(Http2ErrorCode.FlowControlError, Http2Reason.WindowOverflow);
        if (stream.HasPending && stream.SendWindow.Available > 0) Queue(stream);
        PumpSendable();
        return Http2Error.None;
    }

    /// <summary>The peer changed the initial window: all open streams change by the difference, and may go below zero (RFC 9113 section 6.9.2).</summary>
    private Http2Error ShiftWindows(int difference)
    {
        if (difference == 0) return Http2Error.None;
        foreach (Http2Stream stream in _streams.Values)
        {
            if (!stream.SendWindow.TryShift(difference)) return Http2Error.Connection(Http2ErrorCode.FlowControlError, Http2Reason.WindowOverflow);
            if (stream.HasPending && stream.SendWindow.Available > 0) Queue(stream);
        }

        return Http2Error.None;
    }

    private int RoomFor(Http2Stream stream, int wanted)
    {
        if (HasUnsent || SendFailed) return 0;
        return Math.Max(0, Math.Min(Math.Min(stream.SendWindow.Available, _sendWindow.Available), Math.Min(wanted, MaxFrameBytes)));
    }

    private void WriteData(Http2Stream stream, ReadOnlySpan<byte> data, bool end)
    {
        Span<byte> header = stackalloc byte[Http2Frame.HeaderBytes];
        Http2FrameWriter.WriteHeader(header, Http2FrameType.Data, end ? Http2FrameFlags.EndStreamOrAck : Http2FrameFlags.None, stream.Id, data.Length);
        Write(header);
        Write(data);
        stream.SendWindow.TryConsume(data.Length);
        _sendWindow.TryConsume(data.Length);
        stream.State.SendData(end);
        stream.IsStalled = false;
        _guard.SendData();
    }

    private void End(Http2Stream stream)
    {
        stream.EndIsPending = false;
        if (stream.PendingTrailers.IsEmpty)
        {
            WriteData(stream, default, end: true);
        }
        else
        {
            WriteTrailers(stream);
            stream.DropTrailers();
        }

        RemoveIfOver(stream);
    }

    private void WriteTrailers(Http2Stream stream)
    {
        var lines = new TrailerLines(stream.PendingTrailers);
        HpackWriter writer = BeginBlock(default, stream.PendingTrailers.Length, out Span<byte> room, out byte[]? rented);
        while (lines.Next(out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)) writer.Field(name, value);
        stream.State.SendHeaders(endStream: true);
        EndBlock(stream, writer.Length, room, rented, end: true);
    }

    /// <summary>
    /// Gives room back to the connection's window. From a client that window bounds what all its streams hold. A connection to an upstream is
    /// shared by clients that have nothing to do with each other: there each stream is bounded by its own window alone, so that a few who do not
    /// read cannot hold back the rest.
    /// </summary>
    private void ReturnToConnection(int bytes)
    {
        if (_receiveWindow.Release(bytes) is var increment and > 0 && IsOpen) SendWindowUpdate(0, increment);
    }

    private void Queue(Http2Stream stream)
    {
        if (stream.IsQueued) return;
        stream.IsQueued = true;
        stream.NextSendable = null;
        if (_sendableLast is null) _sendableFirst = stream;
        else _sendableLast.NextSendable = stream;
        _sendableLast = stream;
    }

    private void Unqueue(Http2Stream stream)
    {
        if (!stream.IsQueued) return;
        Http2Stream? previous = null;
        for (Http2Stream? at = _sendableFirst; at is not null; previous = at, at = at.NextSendable)
        {
            if (!ReferenceEquals(at, stream)) continue;
            if (previous is null) _sendableFirst = at.NextSendable;
            else previous.NextSendable = at.NextSendable;
            if (ReferenceEquals(_sendableLast, at)) _sendableLast = previous;
            break;
        }

        stream.NextSendable = null;
        stream.IsQueued = false;
    }

    /// <summary>Lets the streams that wait send in turn, one frame each, until a window or the socket is full.</summary>
    private void PumpSendable()
    {
        while (_sendableFirst is { } stream && IsOpen)
        {
            int room = RoomFor(stream, stream.Pending.Length);
            if (room == 0 && stream.SendWindow.Available > 0) return;
            Unqueue(stream);
            if (room == 0) continue;
            bool last = room == stream.Pending.Length;
            WriteData(stream, stream.Pending[..room], last && stream.EndIsPending && stream.PendingTrailers.IsEmpty);
            stream.DropPending(room);
            if (!last)
            {
                if (stream.SendWindow.Available > 0) Queue(stream);
                continue;
            }

            if (!stream.State.CanSend) RemoveIfOver(stream);
            else if (stream.EndIsPending) End(stream);
            stream.OnPendingSent();
        }
    }
}
