namespace Weft.Wire.Http1;

/// <summary>Which part of a message a block of field lines is: trailers never frame a message or steer a connection.</summary>
internal enum SectionKind : byte
{
    Request,
    Response,
    Trailers,
}
