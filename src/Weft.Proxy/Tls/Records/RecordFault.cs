namespace Weft.Proxy.Tls.Records;

/// <summary>What ended the reading of records.</summary>
internal enum RecordFault : byte
{
    None,

    /// <summary>The peer ended its side with close_notify.</summary>
    Closed,

    /// <summary>The peer sent a fatal alert.</summary>
    PeerAlert,

    /// <summary>A record that the peer did not make, or that was changed.</summary>
    BadRecordMac,

    /// <summary>A record longer than is allowed, as sent or as decrypted.</summary>
    TooLong,

    /// <summary>Not a record of type application_data: plaintext, or something else than TLS.</summary>
    BadRecordType,

    /// <summary>A record of nothing but padding, or of a content type that does not exist.</summary>
    BadContentType,

    /// <summary>Too many records without content one after the other.</summary>
    TooManyEmptyRecords,

    /// <summary>Too many alerts of the kind that is ignored.</summary>
    TooManyAlerts,

    /// <summary>An alert that is not two bytes.</summary>
    BadAlert,

    /// <summary>A handshake message that has no place after the handshake.</summary>
    UnexpectedHandshakeMessage,

    /// <summary>A handshake message that is longer than it may be.</summary>
    HandshakeMessageTooLong,

    /// <summary>A handshake message with another record between its parts, or a KeyUpdate that is not the last of its record.</summary>
    NotOnRecordBoundary,

    /// <summary>A KeyUpdate that asks for neither of the two things.</summary>
    BadKeyUpdate,

    /// <summary>Too many KeyUpdates with no data between them.</summary>
    TooManyKeyUpdates,

    /// <summary>A session ticket that OpenSSL could not read.</summary>
    BadTicket,
}
