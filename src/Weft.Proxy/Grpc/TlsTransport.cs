using Weft.Proxy.Tls;

namespace Weft.Proxy.Grpc;

/// <summary>TLS over TCP by the engine's own sessions, with the same judgement of certificates that the proxy's other connections have.</summary>
internal sealed class TlsTransport : IGrpcTransport
{
    private const int CipherBytes = 16 << 10;

    private readonly PlainTransport _tcp;
    private readonly TlsSession _session;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly byte[] _received = new byte[CipherBytes];
    private readonly byte[] _toSend = new byte[CipherBytes];

    private TlsTransport(PlainTransport tcp, TlsSession session)
    {
        _tcp = tcp;
        _session = session;
    }

    /// <summary>Makes the handshake. Takes over <paramref name="tcp"/>, also when it throws.</summary>
    /// <exception cref="GrpcException">The server does not prove who it is, or does not speak TLS or HTTP/2.</exception>
    internal static async ValueTask<TlsTransport> OpenAsync(PlainTransport tcp, TlsClientContext context, CancellationToken cancel)
    {
        TlsTransport transport = new(tcp, TlsSession.Connect(context));
        try
        {
            while (true)
            {
                TlsHandshakeStatus status = transport._session.Handshake();
                await transport.SendPendingAsync(cancel).ConfigureAwait(false);
                if (status == TlsHandshakeStatus.Done)
                    break;
                if (status == TlsHandshakeStatus.Failed)
                    throw transport.Failed();
                await transport.FeedAsync(cancel).ConfigureAwait(false);
            }

            if (!transport._session.Alpn.SequenceEqual("h2"u8))
                throw new GrpcException(GrpcStatusCode.Unavailable, "The server does not agree to speak HTTP/2 (ALPN h2) behind TLS.");
            return transport;
        }
        catch
        {
            transport.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        while (true)
        {
            TlsReadStatus status;
            int count;
            bool hasPending;
            lock (_gate)
            {
                status = _session.Read(buffer.Span, out count);
                hasPending = !_session.Pending.IsEmpty;
            }

            if (hasPending)
                await SendPendingAsync(cancel).ConfigureAwait(false);
            switch (status)
            {
                case TlsReadStatus.Data:
                    return count;
                case TlsReadStatus.Closed or TlsReadStatus.Truncated:
                    return 0;
                case TlsReadStatus.WantIo:
                    await FeedAsync(cancel).ConfigureAwait(false);
                    break;
                default:
                    throw Failed();
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        while (!bytes.IsEmpty)
        {
            int count;
            lock (_gate)
            {
                if (_session.Write(bytes.Span, out count) == TlsWriteStatus.Failed)
                    throw Failed();
            }

            bytes = bytes[count..];
            await SendPendingAsync(cancel).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _tcp.Dispose();
        _session.Dispose();
        _sending.Dispose();
    }

    private async ValueTask FeedAsync(CancellationToken cancel)
    {
        int count = await _tcp.ReceiveAsync(_received, cancel).ConfigureAwait(false);
        lock (_gate)
        {
            if (count == 0)
                _session.EndInput();
            else
                _session.Feed(_received.AsSpan(0, count));
        }
    }

    /// <summary>Both tasks come here, for reading makes ciphertext too (answers to key updates); records must leave in the order in which they were made.</summary>
    private async ValueTask SendPendingAsync(CancellationToken cancel)
    {
        await _sending.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            while (true)
            {
                int count;
                lock (_gate)
                    count = _session.Drain(_toSend);
                if (count == 0)
                    return;
                await _tcp.SendAsync(_toSend.AsMemory(0, count), cancel).ConfigureAwait(false);
            }
        }
        finally
        {
            _sending.Release();
        }
    }

    private GrpcException Failed() => new(GrpcStatusCode.Unavailable, _session.FailureText) { Tls = _session.Failure };
}
