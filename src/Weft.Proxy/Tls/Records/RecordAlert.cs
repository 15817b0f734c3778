namespace Weft.Proxy.Tls.Records;

/// <summary>The alerts of RFC 8446, 6 that the record layer sends or tells apart.</summary>
internal enum RecordAlert : byte
{
    CloseNotify = 0,
    UnexpectedMessage = 10,
    BadRecordMac = 20,
    RecordOverflow = 22,
    IllegalParameter = 47,
    DecodeError = 50,
    UserCanceled = 90,
}
