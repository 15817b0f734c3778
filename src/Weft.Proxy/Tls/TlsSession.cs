using System.Runtime.InteropServices;
using System.Text;
using Weft.Proxy.Model;
using Weft.Proxy.Tls.Native;
using Weft.Proxy.Tls.Records;

namespace Weft.Proxy.Tls;

/// <summary>
/// One TLS connection as a state machine without I/O: the owner feeds what the socket received, steps the handshake, reads and writes plaintext, and sends
/// what is pending. Used by one thread at a time. Plaintext that is to be sent before the handshake is done is the owner's to keep. After a step, the owner
/// sends <see cref="Pending"/>, also after a failure: an alert is in it. No call allocates once the handshake is done.
/// </summary>
public sealed unsafe partial class TlsSession : IDisposable
{
    /// <summary>A write takes nothing more while so many bytes of ciphertext are pending.</summary>
    public const int MaxPendingBytes = 256 * 1024;

    private const int RecordBytes = 16 * 1024;

    private readonly TlsSessionPool? pool;
    private readonly TlsIo* io;
    private GCHandle self;
    private nint ssl;
    private TlsServerContext? server;
    private TlsClientContext? client;
    private PeerVerdict verdict;
    private TlsPeer? peer;
    private bool peerRead;
    private bool open;
    private bool inputEnded;
    private bool closedByPeer;
    private bool shutDown;

    internal TlsSession(TlsSessionPool? pool)
    {
        this.pool = pool;
        io = (TlsIo*)NativeMemory.AllocZeroed((nuint)sizeof(TlsIo));
    }

    /// <summary>Why the connection failed; <see cref="TlsFailure.None"/> while it has not.</summary>
    public TlsFailure Failure { get; private set; }

    /// <summary>The sentence that goes with <see cref="Failure"/>; empty while there is none.</summary>
    public string FailureText { get; private set; } = "";

    /// <summary>Whether the handshake is done.</summary>
    public bool IsOpen => open;

    /// <summary>Ciphertext to send. Valid until the next call on this session.</summary>
    public ReadOnlySpan<byte> Pending => io->Outgoing.Bytes;

    /// <summary>Ciphertext that was fed and not yet taken in; it grows only when the owner feeds without reading.</summary>
    public int BufferedBytes => io->Incoming.Length;

    /// <summary>False when another read before more is fed would surely find nothing: that read, which is not cheap, can be spared.</summary>
    public bool MayHaveMore => OwnsRecords ? records->MayHaveMore : io->Incoming.Length > 0 || LibSsl.SSL_has_pending(ssl) == 1;

    /// <summary>The negotiated protocol, empty for none. Valid until the session is disposed of.</summary>
    public ReadOnlySpan<byte> Alpn
    {
        get
        {
            byte* name;
            uint length;
            LibSsl.SSL_get0_alpn_selected(ssl, &name, &length);
            return new ReadOnlySpan<byte>(name, (int)length);
        }
    }

    /// <summary>The server name that the client sent (server side) or was told to send, null for none.</summary>
    public string? ServerName
    {
        get
        {
            byte* name = LibSsl.SSL_get_servername(ssl, 0);
            return name == null ? null : OpenSslErrors.Text(name);
        }
    }

    /// <summary>What the peer showed, null when it showed no certificate. Made when first asked for.</summary>
    public TlsPeer? Peer
    {
        get
        {
            if (!peerRead && open)
            {
                peerRead = true;
                nint certificate = LibSsl.SSL_get1_peer_certificate(ssl);
                if (certificate != 0)
                {
                    peer = new TlsPeer(certificate, (server is not null ? server.Verifier : client?.Verifier) is not null);
                    LibCrypto.X509_free(certificate);
                }
            }

            return peer;
        }
    }

    /// <summary>The peer's certificate and the intermediates that it sent as PEM text, the certificate first; empty without one. After a resumption there are no intermediates.</summary>
    public string PeerChainPem()
    {
        if (Peer is not { } leaf)
            return "";
        StringBuilder text = new(leaf.Pem);
        nint chain = LibSsl.SSL_get_peer_cert_chain(ssl);
        int sent = chain == 0 ? 0 : LibCrypto.OPENSSL_sk_num(chain);
        for (int i = 0; i < sent; i++)
        {
            // A client finds the server's own certificate in front of its chain, a server does not.
            byte[] der = X509Reader.Der(LibCrypto.OPENSSL_sk_value(chain, i));
            if (!der.AsSpan().SequenceEqual(leaf.Der.Span))
                text.Append(System.Security.Cryptography.PemEncoding.WriteString("CERTIFICATE", der)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>URI names of the certificate that this side has to show; of the first one where it has several.</summary>
    public IReadOnlyList<string> LocalUris => (server?.Core ?? client?.Core)?.Certificates is [NativeCertificate first, ..] ? first.Names.Uris : [];

    /// <summary>The negotiated version, once open.</summary>
    public TlsVersion Version => LibSsl.SSL_version(ssl) switch { 0x0304 => TlsVersion.Tls13, 0x0303 => TlsVersion.Tls12, _ => TlsVersion.Auto };

    /// <summary>OpenSSL's name of the negotiated cipher suite, once open.</summary>
    public string CipherSuite => OpenSslErrors.Text(LibSsl.SSL_CIPHER_get_name(LibSsl.SSL_get_current_cipher(ssl)));

    /// <summary>Whether an earlier session was resumed.</summary>
    public bool IsResumed => LibSsl.SSL_session_reused(ssl) == 1;

    /// <summary>What became of the client's wish for an OCSP response; server side only.</summary>
    internal StapleOutcome Staple { get; private set; }

    internal ReadOnlySpan<byte> ServerAlpn => server!.Alpn;

    /// <summary>A server-side session outside of a pool.</summary>
    public static TlsSession Accept(TlsServerContext context)
    {
        TlsSession session = new(null);
        session.StartServer(context);
        return session;
    }

    /// <summary>A client-side session outside of a pool.</summary>
    public static TlsSession Connect(TlsClientContext context, string? serverName = null)
    {
        TlsSession session = new(null);
        session.StartClient(context, serverName, context.Alpn);
        return session;
    }

    /// <summary>Takes ciphertext from the transport; it is copied. Step or read afterwards until nothing more comes.</summary>
    public void Feed(ReadOnlySpan<byte> ciphertext) => io->Incoming.Append(ciphertext);

    /// <summary>Tells that the transport ended. What was fed before can still be read.</summary>
    public void EndInput() => inputEnded = true;

    /// <summary>Drops sent bytes from the front of <see cref="Pending"/>.</summary>
    public void ConsumePending(int count) => io->Outgoing.Consume(count);

    /// <summary>Moves pending ciphertext into a buffer; the number of bytes moved.</summary>
    public int Drain(Span<byte> ciphertext)
    {
        ReadOnlySpan<byte> pending = io->Outgoing.Bytes;
        int count = Math.Min(pending.Length, ciphertext.Length);
        pending[..count].CopyTo(ciphertext);
        io->Outgoing.Consume(count);
        return count;
    }

    /// <summary>Steps the handshake with what has been fed.</summary>
    public TlsHandshakeStatus Handshake()
    {
        if (open)
            return TlsHandshakeStatus.Done;
        if (Failure != TlsFailure.None)
            return TlsHandshakeStatus.Failed;
        OpenSslErrors.Forget();
        int result = LibSsl.SSL_do_handshake(ssl);
        if (result == 1)
        {
            open = true;
            // A TLS 1.2 server gives no new ticket on resumption, and its old one is good for many uses.
            if (client?.Resumption is { } slot && IsResumed && Version == TlsVersion.Tls12)
                slot.Put(LibSsl.SSL_get1_session(ssl));
            TakeRecordsOver();
            return TlsHandshakeStatus.Done;
        }

        if (LibSsl.SSL_get_error(ssl, result) is LibSsl.ErrorWantRead or LibSsl.ErrorWantWrite)
        {
            if (!inputEnded)
                return TlsHandshakeStatus.WantIo;
            SetFailure(TlsFailure.Truncated, "The peer closed the connection in the middle of the TLS handshake.");
            return TlsHandshakeStatus.Failed;
        }

        Fail("The TLS handshake failed");
        return TlsHandshakeStatus.Failed;
    }

    /// <summary>Reads decrypted bytes.</summary>
    public TlsReadStatus Read(Span<byte> plaintext, out int count)
    {
        count = 0;
        if (Failure != TlsFailure.None)
            return Failure == TlsFailure.Truncated ? TlsReadStatus.Truncated : TlsReadStatus.Failed;
        if (closedByPeer)
            return TlsReadStatus.Closed;
        if (!open || plaintext.IsEmpty || (!inputEnded && !MayHaveMore))
            return TlsReadStatus.WantIo;
        if (OwnsRecords)
            return ReadRecords(plaintext, out count);
        int result;
        OpenSslErrors.Forget();
        fixed (byte* start = plaintext)
            result = LibSsl.SSL_read(ssl, start, plaintext.Length);
        if (result > 0)
        {
            count = result;
            return TlsReadStatus.Data;
        }

        return ExplainRead(result);
    }

    /// <summary>Encrypts bytes into <see cref="Pending"/>.</summary>
    public TlsWriteStatus Write(ReadOnlySpan<byte> plaintext, out int count)
    {
        count = 0;
        if (Failure != TlsFailure.None || shutDown)
            return TlsWriteStatus.Failed;
        if (!open)
            return TlsWriteStatus.WantIo;
        if (OwnsRecords)
        {
            count = records->Write(plaintext, MaxPendingBytes);
            return count == plaintext.Length ? TlsWriteStatus.Done : TlsWriteStatus.WantIo;
        }

        OpenSslErrors.Forget();
        fixed (byte* start = plaintext)
        {
            while (count < plaintext.Length)
            {
                if (io->Outgoing.Length >= MaxPendingBytes)
                    return TlsWriteStatus.WantIo;
                int result = LibSsl.SSL_write(ssl, start + count, Math.Min(RecordBytes, plaintext.Length - count));
                if (result <= 0)
                {
                    if (LibSsl.SSL_get_error(ssl, result) is LibSsl.ErrorWantRead or LibSsl.ErrorWantWrite)
                        return TlsWriteStatus.WantIo;
                    Fail("Encrypting failed");
                    return TlsWriteStatus.Failed;
                }

                count += result;
            }
        }

        return TlsWriteStatus.Done;
    }

    /// <summary>Ends this side: a close_notify is pending afterwards. Reading may go on.</summary>
    public void Shutdown()
    {
        if (!open || shutDown || Failure != TlsFailure.None)
            return;
        shutDown = true;
        if (OwnsRecords)
        {
            records->Close();
            return;
        }

        OpenSslErrors.Forget();
        _ = LibSsl.SSL_shutdown(ssl);
        OpenSslErrors.Forget();
    }

    /// <summary>Frees the connection's native memory and gives the object back to its pool; it must not be used afterwards.</summary>
    public void Dispose()
    {
        if (ssl == 0)
            return;
        // Else OpenSSL takes a connection that ended without close_notify for a bad one and spoils its session for resumption.
        if (open && Failure == TlsFailure.None)
            LibSsl.SSL_set_shutdown(ssl, LibSsl.ShutdownBoth);
        LibSsl.SSL_free(ssl);
        ssl = 0;
        RecordLayer.Free(records);
        records = null;
        OwnsRecords = false;
        io->Incoming.Release();
        io->Outgoing.Release();
        io->Written = default;
        server = null;
        client = null;
        peer = null;
        verdict = default;
        Staple = StapleOutcome.NotAsked;
        Failure = TlsFailure.None;
        FailureText = "";
        peerRead = open = inputEnded = closedByPeer = shutDown = false;
        if (pool?.Return(this) == true)
            return;
        if (self.IsAllocated)
            self.Free();
        NativeMemory.Free(io);
    }

    internal void StartServer(TlsServerContext context)
    {
        server = context;
        Start(context.Core);
        LibSsl.SSL_set_accept_state(ssl);
        int mode = context.ClientCertificate switch
        {
            ClientCertificateMode.Required => LibSsl.VerifyPeer | LibSsl.VerifyFailIfNoPeerCertificate,
            ClientCertificateMode.Optional => LibSsl.VerifyPeer,
            _ => 0,
        };
        LibSsl.SSL_set_verify(ssl, mode, 0);
        fixed (byte* fingerprint = context.Fingerprint)
        {
            if (LibSsl.SSL_set_session_id_context(ssl, fingerprint, (uint)context.Fingerprint.Length) != 1)
                throw new InvalidOperationException("OpenSSL refused the session id context.");
        }
    }

    internal void StartClient(TlsClientContext context, string? serverName, byte[] alpn)
    {
        client = context;
        Start(context.Core);
        LibSsl.SSL_set_connect_state(ssl);
        LibSsl.SSL_set_verify(ssl, LibSsl.VerifyPeer, 0);
        if ((serverName ?? context.ServerName) is { Length: > 0 } name)
        {
            fixed (byte* text = Encoding.UTF8.GetBytes(name + "\0"))
                LibSsl.SSL_ctrl(ssl, LibSsl.ControlServerName, 0, text);
        }

        fixed (byte* protocols = alpn)
        {
            if (alpn.Length > 0)
                _ = LibSsl.SSL_set_alpn_protos(ssl, protocols, (uint)alpn.Length);
        }

        OfferResumption(context);
    }

    /// <summary>Called by OpenSSL in a handshake.</summary>
    internal bool VerifyPeer(nint leaf, nint untrusted, out int error)
    {
        error = 0;
        PeerVerifier? verifier = server is not null ? server.Verifier : client!.Verifier;
        if (verifier is not null)
            verdict = verifier.Verify(leaf, untrusted, peerIsClient: server is not null, out error);
        return verdict.Failure == TlsFailure.None;
    }

    /// <summary>Called by OpenSSL when a client brings a ticket. Tickets hold no intermediates: a client whose chain needs them makes a full handshake instead.</summary>
    internal bool MayResume(nint leaf)
    {
        if (leaf == 0)
            return server!.ClientCertificate == ClientCertificateMode.None;
        return server!.Verifier is null || server.Verifier.Verify(leaf, 0, peerIsClient: true, out _).Failure == TlsFailure.None;
    }

    /// <summary>Called by OpenSSL when a server hands out a session.</summary>
    internal bool KeepForResumption(nint session)
    {
        if (client?.Resumption is not { } slot || LibSsl.SSL_SESSION_is_resumable(session) != 1)
            return false;
        slot.Put(session);
        return true;
    }

    /// <summary>Called by OpenSSL on a server with several certificates.</summary>
    internal bool UseCertificatesFor(nint connection, string serverName)
    {
        SslCore core = server!.Core;
        bool wantsStaple = LibSsl.SSL_ctrl(connection, LibSsl.ControlStatusType, 0, null) == LibSsl.StatusTypeOcsp;
        bool Fits(NativeCertificate certificate) => !wantsStaple || certificate.StapleFor(core.StaplePolicy) != StapleOutcome.Refused;
        // Those for the name, and of them those that may be shown; for another name, what the context has by default.
        if (serverName.Length > 0 && (Use(certificate => certificate.Covers(serverName) && Fits(certificate)) || Use(certificate => certificate.Covers(serverName))))
            return true;
        if (!Array.TrueForAll(core.Certificates, Fits))
            Use(Fits);
        return true;

        bool Use(Predicate<NativeCertificate> wanted)
        {
            bool replaced = false;
            foreach (NativeCertificate certificate in core.Certificates)
            {
                if (!wanted(certificate))
                    continue;
                if (!replaced)
                    LibSsl.SSL_certs_clear(connection);
                replaced = true;
                if (LibSsl.SSL_use_cert_and_key(connection, certificate.Leaf, certificate.Key, certificate.Intermediates, 0) != 1)
                    LibCrypto.ERR_clear_error();
            }

            return replaced;
        }
    }

    /// <summary>Called by OpenSSL for a client that asks for an OCSP response.</summary>
    internal StapleOutcome StapleTo(nint connection)
    {
        SslCore core = server!.Core;
        nint shown = LibSsl.SSL_get_certificate(connection);
        NativeCertificate? certificate = Array.Find(core.Certificates, candidate => candidate.Leaf == shown);
        Staple = certificate?.StapleFor(core.StaplePolicy) ?? StapleOutcome.Omitted;
        if (Staple == StapleOutcome.Stapled && !certificate!.Staple!.GiveTo(connection))
            Staple = StapleOutcome.Omitted;
        if (Staple == StapleOutcome.Refused)
            verdict = new PeerVerdict(TlsFailure.StapleMissing, "The client asks for an OCSP response, and that of our certificate has expired; renew the staple.");
        return Staple;
    }

    private void Start(SslCore core)
    {
        ssl = LibSsl.SSL_new(core.Handle);
        if (ssl == 0)
            throw new OutOfMemoryException("OpenSSL could not allocate a connection.");
        if (!self.IsAllocated)
            self = GCHandle.Alloc(this);
        io->Session = GCHandle.ToIntPtr(self);
        _ = LibSsl.SSL_set_ex_data(ssl, 0, (nint)io);
        nint bio = QueueBio.Create(io);
        LibSsl.SSL_set_bio(ssl, bio, bio);
        // Else OpenSSL would take records in that come behind the handshake's.
        if (core.OwnRecords)
            LibSsl.SSL_set_read_ahead(ssl, 0);
    }

    private void OfferResumption(TlsClientContext context)
    {
        nint session = context.Resumption?.Take() ?? 0;
        if (session == 0)
            return;
        nint leaf = LibSsl.SSL_SESSION_get0_peer(session);
        _ = LibSsl.SSL_set_session(ssl, session);
        LibSsl.SSL_SESSION_free(session);
        bool good = context.Verifier is null
            || (leaf != 0 && context.Verifier.Verify(leaf, LibSsl.SSL_get_peer_cert_chain(ssl), peerIsClient: false, out _).Failure == TlsFailure.None);
        if (!good)
            _ = LibSsl.SSL_set_session(ssl, 0);
    }

    private TlsReadStatus ExplainRead(int result)
    {
        switch (LibSsl.SSL_get_error(ssl, result))
        {
            case LibSsl.ErrorZeroReturn:
                closedByPeer = true;
                return TlsReadStatus.Closed;
            case LibSsl.ErrorWantRead or LibSsl.ErrorWantWrite:
                if (!inputEnded)
                    return TlsReadStatus.WantIo;
                return EndTruncated();
            default:
                Fail("Decrypting failed");
                return TlsReadStatus.Failed;
        }
    }

    private void Fail(string action)
    {
        (int reason, string text) = OpenSslErrors.Take();
        if (verdict.Failure != TlsFailure.None)
        {
            SetFailure(verdict.Failure, verdict.Text!);
            return;
        }

        TlsFailure failure = OpenSslErrors.Classify(reason);
        SetFailure(failure, failure switch
        {
            TlsFailure.NotTls => $"The peer does not speak TLS ({text}).",
            TlsFailure.ProtocolVersion => $"The peer offers no TLS version that is accepted here ({text}).",
            TlsFailure.NoSharedAlgorithm => $"The peer and this side have no cipher suite, group or signature algorithm in common ({text}).",
            TlsFailure.CertificateMissing => "The peer showed no certificate, and one is required.",
            TlsFailure.PeerAlert => $"The peer refused the connection ({text}).",
            _ => $"{action} ({text}).",
        });
    }

    private void SetFailure(TlsFailure failure, string text)
    {
        Failure = failure;
        FailureText = text;
    }
}
