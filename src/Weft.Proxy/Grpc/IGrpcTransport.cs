namespace Weft.Proxy.Grpc;

/// <summary>The bytes under a connection. One task receives and one sends, at the same time; disposed of after both.</summary>
internal interface IGrpcTransport : IDisposable
{
    /// <summary>Receives some bytes; 0 when the server ended.</summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="cancel">Ends the wait.</param>
    ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancel);

    /// <summary>Sends all bytes.</summary>
    /// <param name="bytes">What; free again afterwards.</param>
    /// <param name="cancel">Ends the wait, and with it the usefulness of the connection.</param>
    ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel);
}
