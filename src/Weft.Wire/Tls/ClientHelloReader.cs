using System.Buffers;
using System.Buffers.Binary;

namespace Weft.Wire.Tls;

/// <summary>
/// Reads server name and ALPN out of a ClientHello (RFC 8446 section 4.1.2) without consuming it and without a TLS library. The message may
/// be spread over several records. Nothing is judged that the handshake itself will judge, only what would mislead a filter chain match.
/// </summary>
public static class ClientHelloReader
{
    /// <summary>The most bytes, record headers included, that are waited for; also the size of the scratch buffer.</summary>
    public const int MaxBytes = 16 * 1024;

    private const int RecordHeader = 5;
    private static readonly SearchValues<byte> s_serverName = SearchValues.Create("-._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Reads from all bytes received so far.</summary>
    /// <param name="input">The connection's first bytes.</param>
    /// <param name="scratch">At least <see cref="MaxBytes"/> bytes; used only when the message spans records.</param>
    /// <param name="hello">The result when complete.</param>
    public static ClientHelloStatus Read(ReadOnlySpan<byte> input, Span<byte> scratch, out ClientHello hello)
    {
        hello = default;
        ClientHelloStatus status = Join(input, scratch, out ReadOnlySpan<byte> message);
        if (status != ClientHelloStatus.Complete)
            return status;
        if (!ReadMessage(message, out ReadOnlySpan<byte> serverName, out ReadOnlySpan<byte> alpnList))
            return ClientHelloStatus.Malformed;
        hello = new ClientHello { ServerName = serverName, AlpnList = alpnList };
        return ClientHelloStatus.Complete;
    }

    /// <summary>Finds the body of the handshake message, joined from its records when there are several.</summary>
    private static ClientHelloStatus Join(ReadOnlySpan<byte> input, Span<byte> scratch, out ReadOnlySpan<byte> message)
    {
        message = default;
        int joined = 0;
        int wanted = -1;
        for (int offset = 0; ;)
        {
            ReadOnlySpan<byte> record = input[offset..];
            if ((record.Length > 0 && record[0] != 22) || (record.Length > 1 && record[1] != 3) || (record.Length > 2 && record[2] > 4))
                return offset == 0 ? ClientHelloStatus.NotTls : ClientHelloStatus.Malformed;
            if (record.Length < RecordHeader)
                return Short(input);
            int length = BinaryPrimitives.ReadUInt16BigEndian(record[3..]);
            if (length is 0 or > 16384)
                return ClientHelloStatus.Malformed;
            ReadOnlySpan<byte> payload = record.Slice(RecordHeader, Math.Min(length, record.Length - RecordHeader));

            if (offset == 0 && payload.Length > 0 && payload[0] != 1)
                return ClientHelloStatus.NotTls;
            if (offset == 0 && payload.Length >= 4)
            {
                wanted = 4 + (payload[1] << 16 | payload[2] << 8 | payload[3]);
                if (wanted > MaxBytes - RecordHeader)
                    return ClientHelloStatus.TooLarge;
                if (payload.Length >= wanted)
                {
                    message = payload[4..wanted];
                    return ClientHelloStatus.Complete;
                }
            }

            if (joined + payload.Length > MaxBytes)
                return ClientHelloStatus.TooLarge;
            payload.CopyTo(scratch[joined..]);
            joined += payload.Length;
            if (wanted < 0 && joined >= 4)
            {
                wanted = 4 + (scratch[1] << 16 | scratch[2] << 8 | scratch[3]);
                if (wanted > MaxBytes - RecordHeader)
                    return ClientHelloStatus.TooLarge;
            }

            if (wanted >= 0 && joined >= wanted)
            {
                message = scratch[4..wanted];
                return ClientHelloStatus.Complete;
            }

            if (payload.Length < length)
                return Short(input);
            offset += RecordHeader + length;
        }
    }

    private static ClientHelloStatus Short(ReadOnlySpan<byte> input) => input.Length >= MaxBytes ? ClientHelloStatus.TooLarge : ClientHelloStatus.NeedMore;

    private static bool ReadMessage(ReadOnlySpan<byte> message, out ReadOnlySpan<byte> serverName, out ReadOnlySpan<byte> alpnList)
    {
        serverName = alpnList = default;
        // version, random; then session id, cipher suites and compression methods, each behind its length
        if (message.Length < 34)
            return false;
        message = message[34..];
        if (!TakeVector(ref message, 1, out _) || !TakeVector(ref message, 2, out ReadOnlySpan<byte> suites) || !TakeVector(ref message, 1, out _) || suites.IsEmpty)
            return false;
        if (message.IsEmpty)
            return true;
        if (!TakeVector(ref message, 2, out ReadOnlySpan<byte> extensions) || !message.IsEmpty)
            return false;
        bool sawName = false, sawAlpn = false;
        while (!extensions.IsEmpty)
        {
            if (extensions.Length < 2)
                return false;
            int type = BinaryPrimitives.ReadUInt16BigEndian(extensions);
            extensions = extensions[2..];
            if (!TakeVector(ref extensions, 2, out ReadOnlySpan<byte> body))
                return false;
            if (type == 0 && (sawName || !(sawName = ReadServerName(body, out serverName))))
                return false;
            if (type == 16 && (sawAlpn || !(sawAlpn = ReadAlpn(body, out alpnList))))
                return false;
        }

        return true;
    }

    private static bool ReadServerName(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> name)
    {
        name = default;
        if (!TakeVector(ref body, 2, out ReadOnlySpan<byte> names) || !body.IsEmpty || names.Length < 3 || names[0] != 0)
            return false;
        names = names[1..];
        return TakeVector(ref names, 2, out name) && names.IsEmpty && name.Length is > 0 and <= 255 && !name.ContainsAnyExcept(s_serverName);
    }

    private static bool ReadAlpn(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> list)
    {
        if (!TakeVector(ref body, 2, out list) || !body.IsEmpty || list.IsEmpty)
            return false;
        ReadOnlySpan<byte> rest = list;
        while (ClientHello.NextProtocol(ref rest, out _))
        {
        }

        return rest.IsEmpty;
    }

    private static bool TakeVector(scoped ref ReadOnlySpan<byte> rest, int lengthBytes, out ReadOnlySpan<byte> vector)
    {
        vector = default;
        if (rest.Length < lengthBytes)
            return false;
        int length = lengthBytes == 1 ? rest[0] : BinaryPrimitives.ReadUInt16BigEndian(rest);
        if (rest.Length < lengthBytes + length)
            return false;
        vector = rest.Slice(lengthBytes, length);
        rest = rest[(lengthBytes + length)..];
        return true;
    }
}
