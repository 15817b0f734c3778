using Weft.Proxy.Tls.Native;
using Weft.Proxy.Tls.Records;

namespace Weft.Proxy.Tls;

/// <summary>
/// The records of TLS 1.3 with AES-GCM are this side's own after OpenSSL's handshake, as they are the kernel's with kTLS: the parameter lookups, allocations and callbacks of OpenSSL's
/// record layer cost several times what the cipher does (ADR 9). OpenSSL keeps the handshake, the certificates and the sessions; from then on nothing of it is sent.
/// </summary>
public sealed unsafe partial class TlsSession
{
    private const ushort Aes128GcmSha256 = 0x1301;
    private const ushort Aes256GcmSha384 = 0x1302;

    private RecordLayer* records;

    /// <summary>Whether the records are protected here, and not by OpenSSL.</summary>
    internal bool OwnsRecords { get; private set; }

    internal RecordLayer* Records => records;

    /// <summary>Called by OpenSSL when it begins to use a secret: "LABEL CLIENT_RANDOM SECRET", the latter two in hexadecimal.</summary>
    internal void KeepSecret(ReadOnlySpan<byte> line)
    {
        const int randomDigits = 64;
        bool ofClient = line.StartsWith("CLIENT_TRAFFIC_SECRET_0 "u8);
        if (open || (!ofClient && !line.StartsWith("SERVER_TRAFFIC_SECRET_0 "u8)))
            return;
        ReadOnlySpan<byte> digits = line[("CLIENT_TRAFFIC_SECRET_0 ".Length + randomDigits + 1)..];
        if (digits.Length is not (64 or 96))
            return;
        Span<byte> secret = stackalloc byte[TrafficKeys.MaxSecretBytes];
        secret = secret[..(digits.Length / 2)];
        if (Convert.FromHexString(digits, secret, out _, out int length) == System.Buffers.OperationStatus.Done && length == secret.Length)
        {
            if (records == null)
                records = RecordLayer.Create();
            bool ours = ofClient == client is not null;
            (ours ? ref records->Writing : ref records->Reading).Take(secret);
            if (ours)
                io->Written.Begin();
        }

        System.Security.Cryptography.CryptographicOperations.ZeroMemory(secret);
    }

    /// <summary>The handshake is done: takes the records over, or leaves them to OpenSSL for good.</summary>
    private void TakeRecordsOver()
    {
        if ((server?.Core ?? client!.Core).OwnRecords is false)
            return;
        if (CanTakeRecordsOver())
        {
            OwnsRecords = true;
            io->Written.Close();
            records->Start(io, client?.Resumption is null ? 0 : ssl, server is not null, io->Written.Count);
            _ = LibSsl.SSL_free_buffers(ssl);
            return;
        }

        io->Written.Stop();
        RecordLayer.Free(records);
        records = null;
        LibSsl.SSL_set_read_ahead(ssl, 1);
    }

    private bool CanTakeRecordsOver()
    {
        if (records == null || LibSsl.SSL_version(ssl) != 0x0304 || LibSsl.SSL_has_pending(ssl) != 0 || !io->Written.IsAtBoundary)
            return false;
        int secretBytes = LibSsl.SSL_CIPHER_get_protocol_id(LibSsl.SSL_get_current_cipher(ssl)) switch { Aes128GcmSha256 => 32, Aes256GcmSha384 => 48, _ => 0 };
        // A peer for which even records of full size are too long (RFC 6066, 4) is OpenSSL's to serve.
        return secretBytes != 0 && records->Reading.SecretBytes == secretBytes && records->Writing.SecretBytes == secretBytes
            && LibSsl.SSL_SESSION_get_max_fragment_length(LibSsl.SSL_get_session(ssl)) == 0;
    }

    private TlsReadStatus ReadRecords(Span<byte> plaintext, out int count)
    {
        count = records->Read(plaintext);
        if (count > 0)
            return TlsReadStatus.Data;
        switch (records->Fault)
        {
            case RecordFault.None:
                return inputEnded ? EndTruncated() : TlsReadStatus.WantIo;
            case RecordFault.Closed:
                closedByPeer = true;
                return TlsReadStatus.Closed;
            case RecordFault.PeerAlert:
                SetFailure(TlsFailure.PeerAlert, $"The peer refused the connection ({OpenSslErrors.AlertText(records->PeerAlert)}).");
                return TlsReadStatus.Failed;
            case RecordFault.BadTicket:
                Fail("Decrypting failed");
                return TlsReadStatus.Failed;
            default:
                SetFailure(TlsFailure.Protocol, $"Decrypting failed ({Text(records->Fault)}).");
                return TlsReadStatus.Failed;
        }
    }

    private TlsReadStatus EndTruncated()
    {
        SetFailure(TlsFailure.Truncated, "The peer closed the connection without ending TLS first (no close_notify): what it sent may be cut short.");
        return TlsReadStatus.Truncated;
    }

    /// <summary>OpenSSL's words, where it has some.</summary>
    private static string Text(RecordFault fault) => fault switch
    {
        RecordFault.BadRecordMac => "decryption failed or bad record mac",
        RecordFault.TooLong => "data length too long",
        RecordFault.BadRecordType => "bad record type",
        RecordFault.TooManyEmptyRecords => "too many records without data",
        RecordFault.TooManyAlerts => "too many warn alerts",
        RecordFault.BadAlert => "invalid alert",
        RecordFault.HandshakeMessageTooLong => "excessive message size",
        RecordFault.NotOnRecordBoundary => "not on record boundary",
        RecordFault.BadKeyUpdate => "bad key update",
        RecordFault.TooManyKeyUpdates => "too many key updates",
        _ => "unexpected message",
    };
}
