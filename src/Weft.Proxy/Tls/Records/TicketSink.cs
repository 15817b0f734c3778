using Weft.Proxy.Tls.Native;

namespace Weft.Proxy.Tls.Records;

/// <summary>
/// The way of session tickets, on the client's side, to OpenSSL, which keeps sessions: OpenSSL's own view of the connection sees nothing but tickets, each protected anew with the
/// server's key and the number that OpenSSL expects next. What is sealed here does not leave the process.
/// </summary>
internal unsafe struct TicketSink
{
    /// <summary>The longest NewSessionTicket there can be, without its header (RFC 8446, 4.6.1).</summary>
    internal const int MaxMessageBytes = 4 + 4 + 1 + 255 + 2 + 65535 + 2 + 65535;

    /// <summary>So many tickets of a connection are looked at; each is for one new connection.</summary>
    internal const int MaxTickets = 32;

    private const int OverheadBytes = 5 + 1 + AesGcmKey.TagBytes;
    private const byte HandshakeType = 22;

    private nint ssl;
    private ulong sequence;
    private int taken;

    /// <param name="ssl">Whose session it is; zero drops all tickets.</param>
    internal TicketSink(nint ssl) => this.ssl = ssl;

    /// <summary>Gives a whole message to OpenSSL. False when it is malformed; OpenSSL's error queue says how.</summary>
    internal bool Take(TlsIo* io, ref TrafficKeys server, byte* message, int length)
    {
        if (ssl == 0 || taken == MaxTickets)
            return true;
        taken++;
        return Feed(io, ref server, message, length);
    }

    /// <summary>Lets OpenSSL change the server's key too, before it changes here.</summary>
    internal void FollowKeyUpdate(TlsIo* io, ref TrafficKeys server)
    {
        if (ssl == 0)
            return;
        byte* update = stackalloc byte[] { 24, 0, 0, 1, 0 };
        // An OpenSSL that would not follow gets no more tickets; the connection is none the worse.
        if (!Feed(io, ref server, update, 5))
        {
            OpenSslErrors.Forget();
            ssl = 0;
        }

        sequence = 0;
    }

    private bool Feed(TlsIo* io, ref TrafficKeys server, byte* message, int length)
    {
        CipherBuffer received = io->Incoming;
        io->Incoming = default;
        for (int at = 0; at < length;)
        {
            int part = Math.Min(RecordLayer.MaxContentBytes, length - at);
            byte* record = io->Incoming.Reserve(part + OverheadBytes);
            RecordLayer.WriteHeader(record, part + OverheadBytes - 5);
            server.Seal(sequence++, new ReadOnlySpan<byte>(record, 5), message + at, part, HandshakeType, record + 5);
            io->Incoming.Commit(part + OverheadBytes);
            at += part;
        }

        OpenSslErrors.Forget();
        byte none;
        int result = LibSsl.SSL_read(ssl, &none, 1);
        bool waitsForMore = result < 0 && LibSsl.SSL_get_error(ssl, result) == LibSsl.ErrorWantRead;
        io->Incoming.Release();
        io->Incoming = received;
        return waitsForMore;
    }
}
