using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Weft.Wire.Dns;

/// <summary>
/// Reads DNS queries and writes answers (RFC 1035, EDNS(0) of RFC 6891) in the caller's buffers. Reading is total: any bytes lead to a status, in time linear in their number,
/// for a compression pointer must point to before itself and a name has at most 255 bytes. Pure, allocates nothing.
/// </summary>
public static class DnsMessage
{
    /// <summary>The fixed part of every message.</summary>
    public const int HeaderBytes = 12;

    /// <summary>The longest name, and so the size of a name buffer.</summary>
    public const int MaxNameBytes = 255;

    /// <summary>The largest message over UDP without EDNS(0).</summary>
    public const int ClassicUdpBytes = 512;

    /// <summary>The largest answer that is sent over UDP whatever a client announces; larger ones come over TCP.</summary>
    public const int MaxUdpBytes = 4096;

    private const ushort InternetClass = 1;
    private const int MaxLabelBytes = 63;
    private const int OptRecordBytes = 11;
    private const ushort ResponseFlag = 0x8000;
    private const ushort AuthoritativeFlag = 0x0400;
    private const ushort TruncatedFlag = 0x0200;
    private const ushort RecursionDesiredFlag = 0x0100;
    private const ushort RecursionAvailableFlag = 0x0080;

    /// <summary>Reads a query; its name goes into <paramref name="name"/>, which must hold <see cref="MaxNameBytes"/>.</summary>
    public static DnsReadStatus ReadQuery(ReadOnlySpan<byte> message, Span<byte> name, out DnsQuery query)
    {
        query = default;
        if (message.Length < HeaderBytes)
            return DnsReadStatus.Ignore;
        ushort flags = BinaryPrimitives.ReadUInt16BigEndian(message[2..]);
        query = new DnsQuery { Id = BinaryPrimitives.ReadUInt16BigEndian(message), RecursionDesired = (flags & RecursionDesiredFlag) != 0, QuestionEnd = HeaderBytes, UdpPayloadBytes = ClassicUdpBytes };
        if ((flags & ResponseFlag) != 0)
            return DnsReadStatus.Ignore;
        if ((flags >> 11 & 0xF) != 0)
            return DnsReadStatus.NotImplemented;
        ReadOnlySpan<byte> counts = message[4..HeaderBytes];
        if (BinaryPrimitives.ReadUInt16BigEndian(counts) != 1 || BinaryPrimitives.ReadUInt16BigEndian(counts[2..]) != 0)
            return DnsReadStatus.Malformed;
        int at = HeaderBytes;
        if (!TryReadName(message, ref at, name, out int length) || message.Length - at < 4)
            return DnsReadStatus.Malformed;
        query = query with
        {
            NameLength = length,
            Type = (DnsRecordType)BinaryPrimitives.ReadUInt16BigEndian(message[at..]),
            Class = BinaryPrimitives.ReadUInt16BigEndian(message[(at + 2)..]),
            QuestionEnd = at + 4,
        };
        at += 4;
        int records = BinaryPrimitives.ReadUInt16BigEndian(counts[4..]) + BinaryPrimitives.ReadUInt16BigEndian(counts[6..]);
        Span<byte> ignored = stackalloc byte[MaxNameBytes];
        for (int i = 0; i < records; i++)
        {
            if (!TryReadName(message, ref at, ignored, out _) || message.Length - at < 10)
                return DnsReadStatus.Malformed;
            ushort type = BinaryPrimitives.ReadUInt16BigEndian(message[at..]), size = BinaryPrimitives.ReadUInt16BigEndian(message[(at + 2)..]);
            int data = BinaryPrimitives.ReadUInt16BigEndian(message[(at + 8)..]);
            at += 10 + data;
            if (at > message.Length)
                return DnsReadStatus.Malformed;
            if (type == (ushort)DnsRecordType.Opt)
                query = query with { HasEdns = true, UdpPayloadBytes = Math.Clamp(size, (ushort)ClassicUdpBytes, (ushort)MaxUdpBytes) };
        }

        return DnsReadStatus.Query;
    }

    /// <summary>
    /// Writes an answer: the question again, then the addresses that fit its type, beginning at one that differs from query to query. What does not fit is left out and marked as truncated.
    /// The number of bytes written.
    /// </summary>
    /// <param name="into">At least 512 bytes and, over UDP, the query's payload size at most; over TCP up to 65,535.</param>
    /// <param name="request">The query's message.</param>
    /// <param name="query">What was read of it.</param>
    /// <param name="code">The response code.</param>
    /// <param name="addresses">Addresses of both families; those that were not asked for are passed over.</param>
    /// <param name="secondsToLive">How long the answer may be kept.</param>
    public static int WriteAnswer(Span<byte> into, ReadOnlySpan<byte> request, in DnsQuery query, DnsResponseCode code, ReadOnlySpan<IPAddress> addresses, uint secondsToLive)
    {
        int question = query.QuestionEnd - HeaderBytes;
        if (query.QuestionEnd > into.Length - OptRecordBytes)
            question = 0;
        request.Slice(HeaderBytes, question).CopyTo(into[HeaderBytes..]);
        int at = HeaderBytes + question, limit = into.Length - (query.HasEdns ? OptRecordBytes : 0);
        ushort answers = 0;
        bool truncated = false;
        for (int i = 0; i < addresses.Length && question > 0; i++)
        {
            IPAddress address = addresses[(i + query.Id) % addresses.Length];
            int bytes = address.AddressFamily == AddressFamily.InterNetwork ? 4 : 16;
            if (query.Type != (bytes == 4 ? DnsRecordType.A : DnsRecordType.Aaaa))
                continue;
            if (limit - at < 12 + bytes)
            {
                truncated = true;
                break;
            }

            // The name again is a pointer to the question's.
            BinaryPrimitives.WriteUInt16BigEndian(into[at..], 0xC000 | HeaderBytes);
            BinaryPrimitives.WriteUInt16BigEndian(into[(at + 2)..], (ushort)query.Type);
            BinaryPrimitives.WriteUInt16BigEndian(into[(at + 4)..], InternetClass);
            BinaryPrimitives.WriteUInt32BigEndian(into[(at + 6)..], secondsToLive);
            BinaryPrimitives.WriteUInt16BigEndian(into[(at + 10)..], (ushort)bytes);
            address.TryWriteBytes(into.Slice(at + 12, bytes), out _);
            at += 12 + bytes;
            answers++;
        }

        if (query.HasEdns)
            at += WriteOpt(into[at..]);
        ushort flags = (ushort)(ResponseFlag | AuthoritativeFlag | RecursionAvailableFlag | (truncated ? TruncatedFlag : 0) | (query.RecursionDesired ? RecursionDesiredFlag : 0) | ((int)code & 0xF));
        BinaryPrimitives.WriteUInt16BigEndian(into, query.Id);
        BinaryPrimitives.WriteUInt16BigEndian(into[2..], flags);
        BinaryPrimitives.WriteUInt16BigEndian(into[4..], (ushort)(question > 0 ? 1 : 0));
        BinaryPrimitives.WriteUInt16BigEndian(into[6..], answers);
        BinaryPrimitives.WriteUInt16BigEndian(into[8..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(into[10..], (ushort)(query.HasEdns ? 1 : 0));
        return at;
    }

    /// <summary>Whether a message is the response to a query with this id that repeats the query's question, but for the case of letters.</summary>
    public static bool IsResponseTo(ReadOnlySpan<byte> response, ushort id, ReadOnlySpan<byte> request, in DnsQuery query)
    {
        if (response.Length < query.QuestionEnd || BinaryPrimitives.ReadUInt16BigEndian(response) != id)
            return false;
        if ((BinaryPrimitives.ReadUInt16BigEndian(response[2..]) & ResponseFlag) == 0 || BinaryPrimitives.ReadUInt16BigEndian(response[4..]) != 1)
            return false;
        return System.Text.Ascii.EqualsIgnoreCase(response[HeaderBytes..query.QuestionEnd], request[HeaderBytes..query.QuestionEnd])
            || response[HeaderBytes..query.QuestionEnd].SequenceEqual(request[HeaderBytes..query.QuestionEnd]);
    }

    /// <summary>Reads a name at a position, lower-cased, with dots between its labels; a dot or a byte outside of ASCII inside of a label becomes 0, which no host name has.</summary>
    private static bool TryReadName(ReadOnlySpan<byte> message, ref int at, Span<byte> name, out int length)
    {
        length = 0;
        int read = at, lowest = at;
        bool jumped = false;
        while (true)
        {
            if (read >= message.Length)
                return false;
            int label = message[read];
            if (label == 0)
            {
                if (!jumped)
                    at = read + 1;
                return true;
            }

            if ((label & 0xC0) == 0xC0)
            {
                if (read + 1 >= message.Length)
                    return false;
                int target = (label & 0x3F) << 8 | message[read + 1];
                if (!jumped)
                    at = read + 2;
                jumped = true;
                // Always further back, so that no chain of pointers is longer than the message.
                if (target >= lowest || target < HeaderBytes)
                    return false;
                read = lowest = target;
                continue;
            }

            int dot = length > 0 ? 1 : 0;
            if (label > MaxLabelBytes || read + 1 + label > message.Length || length + dot + label > Math.Min(name.Length, MaxNameBytes - 2))
                return false;
            if (dot == 1)
                name[length++] = (byte)'.';
            foreach (byte b in message.Slice(read + 1, label))
                name[length++] = b is >= (byte)'A' and <= (byte)'Z' ? (byte)(b | 0x20) : b is (byte)'.' or > 126 or < 33 ? (byte)0 : b;
            read += 1 + label;
        }
    }

    private static int WriteOpt(Span<byte> into)
    {
        into[..OptRecordBytes].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(into[1..], (ushort)DnsRecordType.Opt);
        BinaryPrimitives.WriteUInt16BigEndian(into[3..], MaxUdpBytes);
        return OptRecordBytes;
    }
}
