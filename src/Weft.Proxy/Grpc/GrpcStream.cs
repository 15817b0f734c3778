using Weft.Wire.Http2;

namespace Weft.Proxy.Grpc;

/// <summary>
/// The state of one call on its connection: windows, messages that came, the outcome. All of it is guarded by the connection's gate; only
/// <see cref="NextAsync"/> takes the gate itself.
/// </summary>
internal sealed class GrpcStream : IDisposable
{
    private readonly Lock _gate;
    private readonly MessageAssembler _assembler;
    private readonly Queue<MessageBuffer> _messages = new();
    private ResponseHead? _head;
    private GrpcException? _outcome;
    private TaskCompletionSource? _readable;
    private TaskCompletionSource? _writable;
    private ReceiveWindow _receive;
    private FlowWindow _send;
    private int _held;

    internal GrpcStream(int id, Lock gate, int receiveWindow, int sendWindow, int maxMessageBytes)
    {
        Id = id;
        _gate = gate;
        _receive = new ReceiveWindow(receiveWindow);
        _send = new FlowWindow(sendWindow);
        _assembler = new MessageAssembler(maxMessageBytes);
    }

    /// <summary>Its number on the connection.</summary>
    internal int Id { get; }

    /// <summary>This side has sent END_STREAM.</summary>
    internal bool IsRequestDone { get; set; }

    /// <summary>There is an outcome: nothing more is sent, and nothing more comes.</summary>
    internal bool HasEnded { get; private set; }

    /// <summary>Bytes of DATA that the stream's window allows now.</summary>
    internal int Sendable => Math.Max(0, _send.Available);

    /// <summary>Takes bytes from the send window; there are so many.</summary>
    internal void CountSent(int bytes) => _send.TryConsume(bytes);

    /// <summary>A WINDOW_UPDATE of this stream, or a change of the initial window; false when the window overflows.</summary>
    internal bool TryShiftWindow(int delta)
    {
        bool fits = _send.TryShift(delta);
        SignalWritable();
        return fits;
    }

    /// <summary>The next wait of a writer; complete after the next change of a window, of the queue, or of the outcome.</summary>
    internal Task WhenWritable() => (_writable ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Wakes the writer.</summary>
    internal void SignalWritable()
    {
        _writable?.TrySetResult();
        _writable = null;
    }

    /// <summary>Counts a DATA frame; false when the server sends more than it was granted.</summary>
    internal bool TryReceive(int frameLength) => _receive.TryReceive(frameLength);

    /// <summary>
    /// Takes a part of a DATA frame. Bytes of a message that is still coming are granted again at once, for their memory is bounded by the message's own
    /// bound; while a whole message waits for its reader, what comes behind it is not, so that a server cannot pile up messages.
    /// </summary>
    /// <param name="data">The part.</param>
    /// <param name="padding">Bytes of the frame that are not data.</param>
    /// <param name="increment">What to grant the server now; 0 for nothing.</param>
    /// <returns>Why the call must end; null when nothing is wrong.</returns>
    internal GrpcException? TakeData(ReadOnlySpan<byte> data, int padding, out int increment)
    {
        int bytes = data.Length + padding;
        increment = 0;
        if (_head is null)
            return new GrpcException(GrpcStatusCode.Internal, "The server sent a message before the head of its answer.");
        while (!data.IsEmpty)
        {
            if (_assembler.Take(ref data, _head.Encoding, out MessageBuffer? message) is { } refusal)
                return refusal;
            if (message is not null)
                _messages.Enqueue(message);
        }

        if (_messages.Count == 0)
            increment = _receive.Release(bytes);
        else
            _held += bytes;
        if (_messages.Count > 0)
            SignalReadable();
        return null;
    }

    /// <summary>Takes a header list: an informational one, the head, or the trailers.</summary>
    /// <returns>The outcome when the call is over with it, and why it failed; (false, null) when it goes on.</returns>
    internal (bool IsOver, GrpcException? Failure) TakeHead(ResponseHead head, bool endStream)
    {
        if (_head is null)
        {
            if (head.HttpStatus is >= 100 and < 200 && !endStream)
                return (false, null);
            if (!head.HasStatus && head.HttpStatus != 200)
                return (true, new GrpcException(GrpcStatusText.OfHttp(head.HttpStatus), $"The server answered with HTTP status {head.HttpStatus} instead of gRPC."));
            if (!head.ContentType.StartsWith("application/grpc", StringComparison.Ordinal) && !head.HasStatus)
                return (true, new GrpcException(GrpcStatusCode.Unknown, $"The server answered with content of type '{head.ContentType}' instead of gRPC."));
            _head = head;
            if (!endStream)
                return (false, null);
        }
        else if (!endStream)
        {
            return (true, new GrpcException(GrpcStatusCode.Internal, "The server sent trailers that do not end the stream."));
        }

        if (!head.HasStatus)
            return (true, WithoutStatus());
        if (head.Status != GrpcStatusCode.Ok)
            return (true, new GrpcException(head.Status, head.Message));
        return (true, _assembler.IsBetweenMessages ? null : new GrpcException(GrpcStatusCode.Internal, "The server ended the call in the middle of a message."));
    }

    /// <summary>For a stream that DATA ended.</summary>
    internal static GrpcException WithoutStatus() => new(GrpcStatusCode.Unknown, "The server ended the call without a status.");

    /// <summary>Sets the outcome, once: what comes later is not heard. Messages that came whole before can still be read.</summary>
    internal void End(GrpcException? failure)
    {
        if (HasEnded)
            return;
        HasEnded = true;
        _outcome = failure;
        _assembler.Dispose();
        SignalWritable();
        SignalReadable();
    }

    /// <summary>Throws what a writer must hear when the call is over.</summary>
    internal void ThrowIfEnded()
    {
        if (HasEnded)
            throw _outcome is null ? new GrpcException(GrpcStatusCode.Unavailable, "The server ended the call before it had the whole request.") : Again(_outcome);
    }

    /// <summary>Frees messages that nobody will read.</summary>
    public void Dispose()
    {
        _assembler.Dispose();
        while (_messages.TryDequeue(out MessageBuffer? message))
            message.Dispose();
    }

    /// <summary>Waits for a message; null when the server ended the call well. Also the bytes to grant the server for what was held back.</summary>
    internal async Task<(MessageBuffer? Message, int Increment)> NextAsync(CancellationToken cancel)
    {
        while (true)
        {
            Task wait;
            lock (_gate)
            {
                if (_messages.TryDequeue(out MessageBuffer? message))
                {
                    int increment = 0;
                    if (_messages.Count == 0)
                    {
                        increment = _receive.Release(_held);
                        _held = 0;
                    }

                    return (message, increment);
                }

                if (HasEnded)
                    return _outcome is null ? (null, 0) : throw Again(_outcome);
                wait = (_readable ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await wait.WaitAsync(cancel).ConfigureAwait(false);
        }
    }

    /// <summary>The outcome may be thrown more than once, and an exception keeps where it was thrown.</summary>
    private static GrpcException Again(GrpcException outcome) => new(outcome.Code, outcome.Message, outcome) { Tls = outcome.Tls };

    private void SignalReadable()
    {
        _readable?.TrySetResult();
        _readable = null;
    }
}
