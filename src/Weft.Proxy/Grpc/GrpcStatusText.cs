using System.Text;
using Weft.Wire.Http2;

namespace Weft.Proxy.Grpc;

/// <summary>What HTTP says, in gRPC's terms (gRPC over HTTP/2, sections "Responses" and "Errors"). Pure; any thread.</summary>
internal static class GrpcStatusText
{
    /// <summary>A server's text is for people: more than this of it is cut off.</summary>
    internal const int MaxMessageBytes = 2048;

    /// <summary>Undoes the percent-encoding of <c>grpc-message</c>. What is not UTF-8, or not encoded well, stays readable instead of failing; control characters become blanks.</summary>
    internal static string Decode(ReadOnlySpan<byte> encoded)
    {
        encoded = encoded[..Math.Min(encoded.Length, MaxMessageBytes)];
        Span<byte> plain = stackalloc byte[encoded.Length];
        int length = 0;
        for (int i = 0; i < encoded.Length; i++)
        {
            byte value = encoded[i];
            if (value == '%' && i + 2 < encoded.Length && Hex(encoded[i + 1]) is >= 0 and int high && Hex(encoded[i + 2]) is >= 0 and int low)
            {
                value = (byte)((high << 4) | low);
                i += 2;
            }

            plain[length++] = value is < 0x20 or 0x7F ? (byte)' ' : value;
        }

        return Encoding.UTF8.GetString(plain[..length]);
    }

    /// <summary>The code of a <c>grpc-status</c>; numbers that gRPC does not have, and what is no number, are unknown.</summary>
    internal static GrpcStatusCode Code(ReadOnlySpan<byte> text)
    {
        if (text.Length is 0 or > 2)
            return GrpcStatusCode.Unknown;
        int code = 0;
        foreach (byte digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9')
                return GrpcStatusCode.Unknown;
            code = (code * 10) + digit - '0';
        }

        return code <= (int)GrpcStatusCode.Unauthenticated ? (GrpcStatusCode)code : GrpcStatusCode.Unknown;
    }

    /// <summary>For an answer that is not gRPC's but some HTTP server's.</summary>
    internal static GrpcStatusCode OfHttp(int status) => status switch
    {
        400 => GrpcStatusCode.Internal,
        401 => GrpcStatusCode.Unauthenticated,
        403 => GrpcStatusCode.PermissionDenied,
        404 => GrpcStatusCode.Unimplemented,
        429 or 502 or 503 or 504 => GrpcStatusCode.Unavailable,
        _ => GrpcStatusCode.Unknown,
    };

    /// <summary>For a stream that the server reset.</summary>
    internal static GrpcStatusCode OfReset(Http2ErrorCode code) => code switch
    {
        Http2ErrorCode.RefusedStream => GrpcStatusCode.Unavailable,
        Http2ErrorCode.Cancel => GrpcStatusCode.Cancelled,
        Http2ErrorCode.EnhanceYourCalm => GrpcStatusCode.ResourceExhausted,
        Http2ErrorCode.InadequateSecurity => GrpcStatusCode.PermissionDenied,
        _ => GrpcStatusCode.Internal,
    };

    private static int Hex(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
        >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
        _ => -1,
    };
}
