using System.Buffers.Text;
using Weft.Wire.Http2;

namespace Weft.Proxy.Grpc;

/// <summary>What a call needs of a header list, be it the head, the trailers, or both in one. Made anew for each list.</summary>
internal sealed class ResponseHead
{
    /// <summary>The <c>:status</c>; 0 in trailers.</summary>
    internal int HttpStatus { get; private set; }

    /// <summary>Whether there was a <c>grpc-status</c>.</summary>
    internal bool HasStatus { get; private set; }

    /// <summary>Its code.</summary>
    internal GrpcStatusCode Status { get; private set; }

    /// <summary>The text of <c>grpc-message</c>, decoded.</summary>
    internal string Message { get; private set; } = "";

    /// <summary>The content type, empty when there is none.</summary>
    internal string ContentType { get; private set; } = "";

    /// <summary>How messages with the compressed flag are coded.</summary>
    internal string Encoding { get; private set; } = "identity";

    private void Take(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.SequenceEqual(":status"u8))
            HttpStatus = value.Length == 3 && Utf8Parser.TryParse(value, out int status, out int used) && used == 3 ? status : 0;
        else if (name.SequenceEqual("grpc-status"u8))
            (HasStatus, Status) = (true, GrpcStatusText.Code(value));
        else if (name.SequenceEqual("grpc-message"u8))
            Message = GrpcStatusText.Decode(value);
        else if (name.SequenceEqual("content-type"u8))
            ContentType = Short(value);
        else if (name.SequenceEqual("grpc-encoding"u8))
            Encoding = Short(value);
    }

    private static string Short(ReadOnlySpan<byte> value) => System.Text.Encoding.Latin1.GetString(value[..Math.Min(value.Length, 100)]);

    /// <summary>Hands fields over while a block is decoded.</summary>
    internal readonly struct Sink(ResponseHead head) : IHpackSink
    {
        /// <inheritdoc/>
        public void OnField(scoped in HpackField field) => head.Take(field.Name, field.Value);
    }
}
