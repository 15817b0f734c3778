using Weft.Wire.Http2;

namespace Weft.Wire.Tests.Http2;

/// <summary>Nothing is allocated for a message in steady state.</summary>
public sealed class Http2AllocationTests
{
    private readonly byte[] _buffer = new byte[4096];
    private readonly byte[] _scratch = new byte[64 * 1024];
    private readonly HpackEncoder _encoder = new();
    private readonly HpackDecoder _decoder = new();
    private long _number;
    private long _bytes;

    [Fact]
    public void EncodingFramingAndDecoding_AllocateNothing()
    {
        byte[] value = new byte[16];
        Http2FrameReader reader = new(Http2FrameLimits.Default);
        reader.Read(FieldList.Hex(Frames.Settings), out _, out _, out _);
        Assert.Equal(0, Allocation.Of(() =>
        {
            // A new value each time, so that entries are added, evicted and moved all the while.
            (_number++).TryFormat(value, out int digits);
            HpackWriter block = new(_encoder, _buffer.AsSpan(Http2Frame.HeaderBytes));
            block.Pseudo(HpackStaticTable.Method, "GET"u8);
            block.Pseudo(HpackStaticTable.Authority, "reviews"u8);
            block.Field("user-agent"u8, value.AsSpan(0, digits));
            block.Field("X-Request-Id"u8, "8d1c61f0-6f5d-4f1f-9a0f-5a1f3c4f6f00"u8);
            int length = Http2FrameWriter.FrameHeaderBlock(_buffer, block.Length, 1, true, 16_384);
            reader.Read(_buffer.AsSpan(0, length), out Http2Frame frame, out _, out _);
            Counting sink = default;
            if (_decoder.Decode(frame.Payload, _scratch, HpackLimits.Default, ref sink).IsComplete)
                _bytes += sink.Bytes;
        }));
        Assert.True(_bytes > 10_000);
        Assert.Equal(_encoder.TableSize, _decoder.TableSize);
    }

    private struct Counting : IHpackSink
    {
        public int Bytes;

        public void OnField(scoped in HpackField field) => Bytes += field.Name.Length + field.Value.Length;
    }
}
