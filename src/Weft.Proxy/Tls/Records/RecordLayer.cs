using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Weft.Proxy.Tls.Native;

namespace Weft.Proxy.Tls.Records;

/// <summary>
/// The records of a TLS 1.3 connection after its handshake (RFC 8446, 4.6, 5 and 6), between the two queues of ciphertext and the session's plaintext. A block of native
/// memory that belongs to one session, from the first traffic secret to the session's end, when it is zeroed. Nothing here allocates managed memory but a change of keys.
/// </summary>
internal unsafe struct RecordLayer
{
    internal const int MaxContentBytes = 16 * 1024;

    /// <summary>Records, alerts or changes of keys without data between them: OpenSSL's bound for empty records.</summary>
    internal const int MaxWithoutData = 32;

    /// <summary>Our keys change before so many records were protected with them (RFC 8446, 5.5 allows 2^24.5 of full size).</summary>
    internal const ulong DefaultRecordsPerKey = (1 << 24) - 16;

    private const int HeaderBytes = 5;
    private const int OverheadBytes = 1 + AesGcmKey.TagBytes;
    private const int MaxCiphertextBytes = MaxContentBytes + 256;
    private const byte AlertType = 21, HandshakeType = 22, DataType = 23;
    private const byte TicketMessage = 4, KeyUpdateMessage = 24;

    private TlsIo* io;
    private TicketSink tickets;
    private CipherBuffer message;
    private int openedLeft;
    private int openedRest;
    private byte withoutData;
    private byte alerts;
    private bool isServer;
    private bool updateDue;
    private bool ended;

    internal TrafficKeys Reading;
    internal TrafficKeys Writing;

    /// <summary>Why nothing can be read any more.</summary>
    internal RecordFault Fault { get; private set; }

    /// <summary>The alert that the peer sent, with <see cref="RecordFault.PeerAlert"/>.</summary>
    internal byte PeerAlert { get; private set; }

    /// <summary>See <see cref="DefaultRecordsPerKey"/>; tests set less.</summary>
    internal ulong RecordsPerKey { get; set; }

    /// <summary>False when a read would surely find nothing.</summary>
    internal readonly bool MayHaveMore
    {
        get
        {
            if (openedLeft > 0)
                return true;
            int fed = io->Incoming.Length;
            return fed >= HeaderBytes && (io->Incoming.Start[0] != DataType || BodyBytes(io->Incoming.Start) is var body && (body > MaxCiphertextBytes || fed >= HeaderBytes + body));
        }
    }

    internal static RecordLayer* Create()
    {
        RecordLayer* layer = (RecordLayer*)NativeMemory.AllocZeroed((nuint)sizeof(RecordLayer));
        layer->RecordsPerKey = DefaultRecordsPerKey;
        return layer;
    }

    /// <summary>Zeroes keys and secrets, and frees the memory.</summary>
    internal static void Free(RecordLayer* layer)
    {
        if (layer == null)
            return;
        layer->message.Release();
        CryptographicOperations.ZeroMemory(new Span<byte>(layer, sizeof(RecordLayer)));
        NativeMemory.Free(layer);
    }

    /// <summary>Begins, with both secrets taken.</summary>
    /// <param name="queues">The session's queues.</param>
    /// <param name="ticketReader">The SSL that keeps session tickets, or zero to drop them.</param>
    /// <param name="server">Which side this is.</param>
    /// <param name="written">How many records were already protected with our secret.</param>
    internal void Start(TlsIo* queues, nint ticketReader, bool server, ulong written)
    {
        io = queues;
        tickets = new TicketSink(ticketReader);
        isServer = server;
        Reading.Start(0);
        Writing.Start(written);
    }

    /// <summary>Reads plaintext: how many bytes, 0 when there is no whole record or when it ended (<see cref="Fault"/>).</summary>
    internal int Read(Span<byte> target)
    {
        if (openedLeft > 0)
            return TakeOpened(target);
        while (Fault == RecordFault.None && io->Incoming.Length >= HeaderBytes)
        {
            byte* record = io->Incoming.Start;
            int body = BodyBytes(record);
            if (record[0] != DataType)
                return Stop(RecordFault.BadRecordType, RecordAlert.UnexpectedMessage);
            if (body > MaxCiphertextBytes)
                return Stop(RecordFault.TooLong, RecordAlert.RecordOverflow);
            if (io->Incoming.Length < HeaderBytes + body)
                return 0;
            int taken = TakeRecord(record, body, target);
            if (taken > 0)
                return taken;
        }

        return 0;
    }

    /// <summary>Protects bytes, as many as fit before <paramref name="maxPending"/> bytes of ciphertext wait; how many.</summary>
    internal int Write(ReadOnlySpan<byte> plaintext, int maxPending)
    {
        int count = 0;
        fixed (byte* start = plaintext)
        {
            while (count < plaintext.Length && io->Outgoing.Length < maxPending)
            {
                if (updateDue || Writing.Sequence >= RecordsPerKey)
                    SendKeyUpdate(asking: false);
                int part = Math.Min(MaxContentBytes, plaintext.Length - count);
                Send(DataType, start + count, part);
                count += part;
            }
        }

        return count;
    }

    /// <summary>Ends our side with close_notify; nothing may be written afterwards.</summary>
    internal void Close() => SendAlert(RecordAlert.CloseNotify);

    /// <summary>Changes our keys. Asking means that the peer has to change its own too.</summary>
    internal void SendKeyUpdate(bool asking)
    {
        byte* update = stackalloc byte[] { KeyUpdateMessage, 0, 0, 1, asking ? (byte)1 : (byte)0 };
        Send(HandshakeType, update, HeaderBytes);
        Writing.Update();
        updateDue = false;
    }

    /// <summary>Protects one record of at most <see cref="MaxContentBytes"/> bytes.</summary>
    internal void Send(byte type, byte* content, int length)
    {
        byte* record = io->Outgoing.Reserve(HeaderBytes + length + OverheadBytes);
        WriteHeader(record, length + OverheadBytes);
        Writing.Seal(new ReadOnlySpan<byte>(record, HeaderBytes), content, length, type, record + HeaderBytes);
        io->Outgoing.Commit(HeaderBytes + length + OverheadBytes);
    }

    internal static void WriteHeader(byte* record, int body)
    {
        record[0] = DataType;
        record[1] = 3;
        record[2] = 3;
        record[3] = (byte)(body >> 8);
        record[4] = (byte)body;
    }

    private static int BodyBytes(byte* record) => (record[3] << 8) | record[4];

    /// <summary>Opens a whole record: into the caller's bytes when it fits there, else where it is. How much data there is for the caller; 0 for other records, and when it ended.</summary>
    private int TakeRecord(byte* record, int body, Span<byte> target)
    {
        int inner = body - AesGcmKey.TagBytes;
        bool direct = inner <= target.Length;
        fixed (byte* targetStart = target)
        {
            byte* opened = direct ? targetStart : record + HeaderBytes;
            if (inner < 0 || !Reading.Open(new ReadOnlySpan<byte>(record, HeaderBytes), record + HeaderBytes, inner, opened))
                return Stop(RecordFault.BadRecordMac, RecordAlert.BadRecordMac);
            if (inner > MaxContentBytes + 1)
                return Stop(RecordFault.TooLong, RecordAlert.RecordOverflow);
            int length = new ReadOnlySpan<byte>(opened, inner).LastIndexOfAnyExcept((byte)0);
            byte type = length < 0 ? (byte)0 : opened[length];
            if (type == DataType)
                return TakeData(record, body, length, direct, target);
            switch (type)
            {
                case AlertType:
                    TakeAlert(opened, length);
                    break;
                case HandshakeType:
                    TakeHandshake(new ReadOnlySpan<byte>(opened, length));
                    break;
                default:
                    Stop(RecordFault.BadContentType, RecordAlert.UnexpectedMessage);
                    break;
            }

            // What is not data is not the caller's.
            if (direct)
                target[..inner].Clear();
        }

        io->Incoming.Consume(HeaderBytes + body);
        return 0;
    }

    private int TakeData(byte* record, int body, int length, bool direct, Span<byte> target)
    {
        if (message.Length > 0)
            return Stop(RecordFault.NotOnRecordBoundary, RecordAlert.UnexpectedMessage);
        if (length > 0)
            withoutData = 0;
        else if (++withoutData > MaxWithoutData)
            return Stop(RecordFault.TooManyEmptyRecords, RecordAlert.UnexpectedMessage);
        if (direct || length == 0)
        {
            io->Incoming.Consume(HeaderBytes + body);
            return length;
        }

        io->Incoming.Consume(HeaderBytes);
        openedLeft = length;
        openedRest = body - length;
        return TakeOpened(target);
    }

    /// <summary>Plaintext of a record that was opened where it is. It leaves the queue as it is taken; type, padding and tag with its last byte.</summary>
    private int TakeOpened(Span<byte> target)
    {
        int count = Math.Min(openedLeft, target.Length);
        io->Incoming.Bytes[..count].CopyTo(target);
        openedLeft -= count;
        io->Incoming.Consume(openedLeft > 0 ? count : count + openedRest);
        return count;
    }

    private void TakeAlert(byte* alert, int length)
    {
        if (message.Length > 0)
            Stop(RecordFault.NotOnRecordBoundary, RecordAlert.UnexpectedMessage);
        else if (length != 2)
            Stop(RecordFault.BadAlert, RecordAlert.DecodeError);
        else if (alert[1] == (byte)RecordAlert.CloseNotify)
            Fault = RecordFault.Closed;
        else if (alert[1] != (byte)RecordAlert.UserCanceled)
            (Fault, PeerAlert) = (RecordFault.PeerAlert, alert[1]);
        else if (++alerts > MaxWithoutData)
            Stop(RecordFault.TooManyAlerts, RecordAlert.UnexpectedMessage);
    }

    /// <summary>Handshake messages may share a record or be spread over several; only a KeyUpdate has to end with its record, for the keys change there.</summary>
    private void TakeHandshake(ReadOnlySpan<byte> part)
    {
        if (part.IsEmpty)
        {
            Stop(RecordFault.UnexpectedHandshakeMessage, RecordAlert.UnexpectedMessage);
            return;
        }

        message.Append(part);
        while (Fault == RecordFault.None && message.Length >= 4)
        {
            byte* start = message.Start;
            int length = (start[1] << 16) | (start[2] << 8) | start[3];
            if (start[0] != KeyUpdateMessage && (isServer || start[0] != TicketMessage))
                Stop(RecordFault.UnexpectedHandshakeMessage, RecordAlert.UnexpectedMessage);
            else if (start[0] == KeyUpdateMessage && length != 1)
                Stop(RecordFault.BadKeyUpdate, RecordAlert.DecodeError);
            else if (length > TicketSink.MaxMessageBytes)
                Stop(RecordFault.HandshakeMessageTooLong, RecordAlert.IllegalParameter);
            else if (message.Length < 4 + length)
                return;
            else if (start[0] == KeyUpdateMessage)
                TakeKeyUpdate(start[4], message.Length == 5);
            else if (!tickets.Take(io, ref Reading, start, 4 + length))
                Stop(RecordFault.BadTicket, RecordAlert.DecodeError);
            message.Consume(4 + length);
        }
    }

    private void TakeKeyUpdate(byte request, bool endsRecord)
    {
        if (!endsRecord)
        {
            Stop(RecordFault.NotOnRecordBoundary, RecordAlert.UnexpectedMessage);
            return;
        }

        if (request > 1)
        {
            Stop(RecordFault.BadKeyUpdate, RecordAlert.IllegalParameter);
            return;
        }

        if (++withoutData > MaxWithoutData)
        {
            Stop(RecordFault.TooManyKeyUpdates, RecordAlert.UnexpectedMessage);
            return;
        }

        tickets.FollowKeyUpdate(io, ref Reading);
        Reading.Update();
        // One answer is enough for any number of requests; while something waits to be sent, it waits for the next write, so that requests cannot pile answers up.
        updateDue |= request == 1 && !ended;
        if (updateDue && io->Outgoing.Length == 0)
            SendKeyUpdate(asking: false);
    }

    private int Stop(RecordFault fault, RecordAlert alert)
    {
        Fault = fault;
        SendAlert(alert);
        return 0;
    }

    private void SendAlert(RecordAlert alert)
    {
        if (ended)
            return;
        ended = true;
        updateDue = false;
        byte* content = stackalloc byte[] { alert == RecordAlert.CloseNotify ? (byte)1 : (byte)2, (byte)alert };
        Send(AlertType, content, 2);
    }
}
