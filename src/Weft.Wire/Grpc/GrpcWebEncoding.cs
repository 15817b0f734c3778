namespace Weft.Wire.Grpc;

/// <summary>How the messages of a gRPC-Web body stand on the wire.</summary>
public enum GrpcWebEncoding : byte
{
    /// <summary>It is not gRPC-Web.</summary>
    None,

    /// <summary>As in gRPC: <c>application/grpc-web</c>.</summary>
    Binary,

    /// <summary>The same bytes in base64: <c>application/grpc-web-text</c>.</summary>
    Text,
}
