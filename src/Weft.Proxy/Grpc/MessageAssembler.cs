using System.Buffers.Binary;

namespace Weft.Proxy.Grpc;

/// <summary>Cuts the DATA of one call into messages: a flag, four bytes of length, the message (gRPC over HTTP/2, "Length-Prefixed-Message").</summary>
internal sealed class MessageAssembler(int maxMessageBytes) : IDisposable
{
    private const int PrefixBytes = 5;

    private readonly byte[] _prefix = new byte[PrefixBytes];
    private int _prefixFilled;
    private MessageBuffer? _message;

    /// <summary>True between two messages: the only place where a stream may end.</summary>
    internal bool IsBetweenMessages => _prefixFilled == 0;

    /// <summary>Takes bytes up to the end of a message.</summary>
    /// <param name="data">What came; what was taken is cut off its front.</param>
    /// <param name="encoding">What <c>grpc-encoding</c> said, for the refusal.</param>
    /// <param name="message">A whole message, the caller's to dispose of.</param>
    /// <returns>Why the call must end; null when nothing is wrong.</returns>
    internal GrpcException? Take(ref ReadOnlySpan<byte> data, string encoding, out MessageBuffer? message)
    {
        message = null;
        if (_message is null)
        {
            int taken = Math.Min(PrefixBytes - _prefixFilled, data.Length);
            data[..taken].CopyTo(_prefix.AsSpan(_prefixFilled));
            _prefixFilled += taken;
            data = data[taken..];
            if (_prefixFilled < PrefixBytes)
                return null;
            if (Refuse(encoding) is { } refusal)
                return refusal;
            _message = new MessageBuffer((int)BinaryPrimitives.ReadUInt32BigEndian(_prefix.AsSpan(1)));
        }

        data = data[_message.Append(data)..];
        if (!_message.IsWhole)
            return null;
        message = _message;
        _message = null;
        _prefixFilled = 0;
        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _message?.Dispose();
        _message = null;
    }

    private GrpcException? Refuse(string encoding)
    {
        if (_prefix[0] == 1)
            return new GrpcException(GrpcStatusCode.Unimplemented, $"The server sent a message compressed with '{encoding}', though only uncompressed ones were asked for.");
        if (_prefix[0] != 0)
            return new GrpcException(GrpcStatusCode.Internal, $"The server sent a message with the flag {_prefix[0]}, which gRPC does not have.");
        uint length = BinaryPrimitives.ReadUInt32BigEndian(_prefix.AsSpan(1));
        return length <= (uint)maxMessageBytes ? null
            : new GrpcException(GrpcStatusCode.ResourceExhausted, $"The server sent a message of {length} bytes; at most {maxMessageBytes} are accepted.");
    }
}
