using System.Text;

namespace Weft.Wire.Grpc;

/// <summary>
/// The media types of gRPC and of gRPC-Web (PROTOCOL-HTTP2.md and PROTOCOL-WEB.md): <c>application/grpc</c>, <c>application/grpc-web</c> or
/// <c>application/grpc-web-text</c>, then perhaps a message format such as <c>+proto</c>, then perhaps parameters.
/// </summary>
public static class GrpcMediaType
{
    /// <summary>The longest type that is written, in bytes.</summary>
    public const int MaxBytes = 64;

    private static ReadOnlySpan<byte> Grpc => "application/grpc"u8;

    private static ReadOnlySpan<byte> Web => "-web"u8;

    private static ReadOnlySpan<byte> Text => "-text"u8;

    /// <summary>True for a type of gRPC itself, which gRPC-Web's are not. <paramref name="format"/> is the message format with its plus sign, or empty.</summary>
    public static bool IsGrpc(ReadOnlySpan<byte> type, out ReadOnlySpan<byte> format)
    {
        format = default;
        return Ascii.EqualsIgnoreCase(type[..Math.Min(type.Length, Grpc.Length)], Grpc) && TryReadFormat(type[Grpc.Length..], out format);
    }

    /// <summary>Which encoding of gRPC-Web a type names, and the message format with its plus sign, or empty.</summary>
    public static GrpcWebEncoding ReadWeb(ReadOnlySpan<byte> type, out ReadOnlySpan<byte> format)
    {
        format = default;
        int start = Grpc.Length + Web.Length;
        if (type.Length < start || !Ascii.EqualsIgnoreCase(type[..Grpc.Length], Grpc) || !Ascii.EqualsIgnoreCase(type[Grpc.Length..start], Web))
            return GrpcWebEncoding.None;
        ReadOnlySpan<byte> rest = type[start..];
        bool isText = rest.Length >= Text.Length && Ascii.EqualsIgnoreCase(rest[..Text.Length], Text);
        if (!TryReadFormat(isText ? rest[Text.Length..] : rest, out format))
            return GrpcWebEncoding.None;
        return isText ? GrpcWebEncoding.Text : GrpcWebEncoding.Binary;
    }

    /// <summary>
    /// Which encoding a client wants to be answered in: the first one that its Accept field names. A client that names neither is answered in the
    /// encoding of its request.
    /// </summary>
    public static GrpcWebEncoding ReadAccept(ReadOnlySpan<byte> accept, GrpcWebEncoding asked)
    {
        while (!accept.IsEmpty)
        {
            int comma = accept.IndexOf((byte)',');
            GrpcWebEncoding named = ReadWeb((comma < 0 ? accept : accept[..comma]).Trim((byte)' '), out _);
            if (named != GrpcWebEncoding.None)
                return named;
            accept = comma < 0 ? default : accept[(comma + 1)..];
        }

        return asked;
    }

    /// <summary>
    /// Writes a type into <see cref="MaxBytes"/> bytes and returns its length. A format that does not fit is left out, and so is none in gRPC; in
    /// gRPC-Web, whose clients look for it, none becomes <c>+proto</c>.
    /// </summary>
    public static int Write(GrpcWebEncoding encoding, ReadOnlySpan<byte> format, Span<byte> destination)
    {
        int length = Put(Grpc, destination, 0);
        if (encoding != GrpcWebEncoding.None)
        {
            length = Put(Web, destination, length);
            if (encoding == GrpcWebEncoding.Text)
                length = Put(Text, destination, length);
            if (format.IsEmpty)
                format = "+proto"u8;
        }

        return length + format.Length > MaxBytes ? length : Put(format, destination, length);
    }

    private static int Put(ReadOnlySpan<byte> piece, Span<byte> destination, int at)
    {
        piece.CopyTo(destination[at..]);
        return at + piece.Length;
    }

    private static bool TryReadFormat(ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> format)
    {
        int semicolon = rest.IndexOf((byte)';');
        format = (semicolon < 0 ? rest : rest[..semicolon]).TrimEnd((byte)' ');
        if (format.IsEmpty || format[0] == '+')
            return true;
        format = default;
        return false;
    }
}
