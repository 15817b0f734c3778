using System.Buffers.Binary;
using Google.Protobuf;

namespace Weft.Proxy.Grpc;

/// <summary>One open call with messages in both directions. One task writes and one reads; they may be the same.</summary>
/// <typeparam name="TRequest">What is written.</typeparam>
/// <typeparam name="TResponse">What is read.</typeparam>
public sealed class GrpcCall<TRequest, TResponse> : IAsyncDisposable
    where TRequest : class, IMessage
    where TResponse : class, IMessage<TResponse>
{
    private const int PrefixBytes = 5;

    private readonly GrpcConnection _connection;
    private readonly GrpcStream _stream;
    private readonly GrpcMethod<TRequest, TResponse> _method;
    private readonly CancellationTokenRegistration _cancel;

    internal GrpcCall(GrpcConnection connection, GrpcStream stream, GrpcMethod<TRequest, TResponse> method, CancellationToken cancel)
    {
        _connection = connection;
        _stream = stream;
        _method = method;
        _cancel = cancel.UnsafeRegister(static call => ((GrpcCall<TRequest, TResponse>)call!).Abandon(), this);
    }

    /// <summary>Writes a request; complete when the windows have let it out of this call's hands.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancel">Ends the wait; a call with half of a message is of no more use.</param>
    /// <param name="isLast">Whether this side ends with it.</param>
    /// <exception cref="GrpcException">The call is over.</exception>
    public Task WriteAsync(TRequest request, CancellationToken cancel, bool isLast = false)
    {
        ArgumentNullException.ThrowIfNull(request);
        int length = request.CalculateSize();
        byte[] bytes = new byte[PrefixBytes + length];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), length);
        request.WriteTo(bytes.AsSpan(PrefixBytes));
        return _connection.SendAsync(_stream, bytes, isLast, cancel);
    }

    /// <summary>Waits for the next answer; null when the server ended the call with the status OK.</summary>
    /// <param name="cancel">Ends the wait only; the call goes on.</param>
    /// <exception cref="GrpcException">The call failed, or the answer is not a message of its type.</exception>
    public async Task<TResponse?> ReadAsync(CancellationToken cancel)
    {
        (MessageBuffer? message, int increment) = await _stream.NextAsync(cancel).ConfigureAwait(false);
        if (message is null)
            return null;
        using (message)
        {
            if (increment > 0)
                _connection.Grant(_stream, increment);
            try
            {
                return _method.Parser.ParseFrom(message.Bytes);
            }
            catch (InvalidProtocolBufferException e)
            {
                throw new GrpcException(GrpcStatusCode.Internal, $"The server sent {message.Length} bytes that are not a {typeof(TResponse).Name}: {e.Message}", e);
            }
        }
    }

    /// <summary>Ends the call; when the server has not, it is told so (RST_STREAM).</summary>
    public async ValueTask DisposeAsync()
    {
        await _cancel.DisposeAsync().ConfigureAwait(false);
        Abandon();
    }

    private void Abandon() => _connection.Abandon(_stream, GrpcStatusCode.Cancelled, "The call was cancelled.");
}
