using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Weft.Wire.Http;

namespace Weft.Wire.WebSockets;

/// <summary>Checks of the WebSocket opening handshake (RFC 6455 section 4) for a proxy that passes it on.</summary>
public static class WebSocketHandshake
{
    /// <summary>Bytes in a Sec-WebSocket-Key and that many plus four in a Sec-WebSocket-Accept.</summary>
    public const int KeyLength = 24;

    /// <summary>Bytes in a Sec-WebSocket-Accept value.</summary>
    public const int AcceptLength = 28;

    private static ReadOnlySpan<byte> Guid => "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8;

    /// <summary>True when the request asks for a WebSocket in a way that the RFC allows: GET, <c>Upgrade: websocket</c>, a key of 16 bytes, version 13.</summary>
    public static bool IsRequest(RequestView request, HeadFlags flags, ReadOnlySpan<byte> upgradeToken) =>
        request.Method == RequestMethod.Get
        && (flags & HeadFlags.Upgrade) != 0
        && Ascii.EqualsIgnoreCase(upgradeToken, "websocket"u8)
        && request.Headers.TryGet(KnownHeader.SecWebsocketKey, out ReadOnlySpan<byte> key)
        && IsKey(key)
        && request.Headers.TryGet(KnownHeader.SecWebsocketVersion, out ReadOnlySpan<byte> version)
        && version.SequenceEqual("13"u8);

    /// <summary>True when <paramref name="key"/> is the base64 form of 16 bytes.</summary>
    public static bool IsKey(ReadOnlySpan<byte> key)
    {
        Span<byte> decoded = stackalloc byte[18];
        return key.Length == KeyLength
            && Base64.DecodeFromUtf8(key, decoded, out int consumed, out int written) == System.Buffers.OperationStatus.Done
            && consumed == KeyLength && written == 16;
    }

    /// <summary>Writes the accept value that answers <paramref name="key"/> into <see cref="AcceptLength"/> bytes.</summary>
    public static void WriteAccept(ReadOnlySpan<byte> key, Span<byte> destination)
    {
        Span<byte> text = stackalloc byte[KeyLength + 36];
        key[..KeyLength].CopyTo(text);
        Guid.CopyTo(text[KeyLength..]);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // RFC 6455 asks for SHA-1: it guards against confused servers, not against forgery.
        SHA1.HashData(text, hash);
#pragma warning restore CA5350
        Base64.EncodeToUtf8(hash, destination, out _, out _);
    }

    /// <summary>True when a response to a WebSocket request accepts it: 101, <c>Upgrade: websocket</c> and the right accept value.</summary>
    public static bool IsAccepted(in ResponseHead response, HeadView headers, ReadOnlySpan<byte> key)
    {
        if (response.Status != 101 || !response.Has(HeadFlags.Upgrade) || !IsKey(key)
            || !Ascii.EqualsIgnoreCase(response.UpgradeToken.Of(headers.Buffer), "websocket"u8)
            || !headers.TryGet(KnownHeader.SecWebsocketAccept, out ReadOnlySpan<byte> accept))
            return false;
        Span<byte> expected = stackalloc byte[AcceptLength];
        WriteAccept(key, expected);
        return accept.SequenceEqual(expected);
    }
}
