using System.Buffers.Binary;

namespace Weft.Wire.Grpc;

/// <summary>
/// Finds where the messages of a gRPC body end: a byte of flags, four of length, then so many bytes (PROTOCOL-HTTP2.md, Length-Prefixed-Message).
/// The body may come in pieces of any size; nothing is kept but a count. Start with the default value.
/// </summary>
public struct GrpcMessageBounds
{
    private const int PrefixBytes = 5;
    private uint _length;
    private uint _left;
    private byte _prefix;

    /// <summary>True between two messages, and before the first.</summary>
    public readonly bool IsBetween => _prefix == 0;

    /// <summary>Goes on to the end of the message under way, or of the data. Returns how many bytes belong to it.</summary>
    public int Advance(ReadOnlySpan<byte> data, out bool endsMessage)
    {
        int taken = 0;
        endsMessage = false;
        if (_prefix < PrefixBytes)
        {
            taken = ReadPrefix(data);
            if (_prefix < PrefixBytes)
                return taken;
            _left = _length;
        }

        int rest = (int)Math.Min((uint)(data.Length - taken), _left);
        _left -= (uint)rest;
        if (_left == 0)
        {
            endsMessage = true;
            _prefix = 0;
        }

        return taken + rest;
    }

    /// <summary>How many messages end in the data.</summary>
    public int Count(ReadOnlySpan<byte> data)
    {
        int count = 0;
        while (!data.IsEmpty)
        {
            data = data[Advance(data, out bool ends)..];
            if (ends)
                count++;
        }

        return count;
    }

    private int ReadPrefix(ReadOnlySpan<byte> data)
    {
        if (_prefix == 0 && data.Length >= PrefixBytes)
        {
            _length = BinaryPrimitives.ReadUInt32BigEndian(data[1..]);
            _prefix = PrefixBytes;
            return PrefixBytes;
        }

        int taken = 0;
        while (taken < data.Length && _prefix < PrefixBytes)
        {
            _length = _prefix == 0 ? 0 : (_length << 8) | data[taken];
            _prefix++;
            taken++;
        }

        return taken;
    }
}
