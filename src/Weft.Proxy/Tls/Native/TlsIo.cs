namespace Weft.Proxy.Tls.Native;

/// <summary>What OpenSSL's callbacks find behind a connection: its two ciphertext queues and the way back to the managed session. Native memory, owned by the session.</summary>
internal struct TlsIo
{
    internal CipherBuffer Incoming;
    internal CipherBuffer Outgoing;
    internal nint Session;
    internal WrittenRecords Written;
}
