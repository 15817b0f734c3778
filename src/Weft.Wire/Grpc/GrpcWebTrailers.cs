using System.Buffers.Binary;

namespace Weft.Wire.Grpc;

/// <summary>
/// The end of a gRPC-Web body: trailers stand in a last message, whose flags have the highest bit set (PROTOCOL-WEB.md). Their form is that of
/// HTTP/1.1's header lines, with names in lower case.
/// </summary>
public static class GrpcWebTrailers
{
    /// <summary>Bytes in front of the lines.</summary>
    public const int PrefixBytes = 5;

    private const byte TrailerFlag = 0x80;

    /// <summary>Writes the prefix of a message of trailers.</summary>
    public static void WritePrefix(int linesLength, Span<byte> destination)
    {
        destination[0] = TrailerFlag;
        BinaryPrimitives.WriteInt32BigEndian(destination[1..], linesLength);
    }
}
