namespace Weft.Policy.Routes;

/// <summary>The first condition of a route that a request does not fulfil.</summary>
internal enum RouteMismatchKind : byte
{
    None,
    Path,
    Fraction,
    Grpc,
    Tls,
    Header,
    Query,
}
