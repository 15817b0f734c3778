namespace Weft.Wire.Http;

/// <summary>Facts about a message that the parser gathered on its one pass over the head.</summary>
[Flags]
public enum HeadFlags : ushort
{
    None = 0,

    /// <summary>The sender wants the connection kept after this message, by its version's default or by saying so.</summary>
    KeepAlive = 1,

    /// <summary>A Connection field holds <c>close</c>.</summary>
    Close = 2,

    /// <summary>Connection holds <c>upgrade</c> and an Upgrade field is present (HTTP/1.1), or an extended CONNECT (HTTP/2, RFC 8441).</summary>
    Upgrade = 4,

    /// <summary><c>Expect: 100-continue</c>.</summary>
    ExpectsContinue = 8,

    /// <summary>A Trailer field announces trailers.</summary>
    TrailersAnnounced = 16,

    /// <summary><c>TE: trailers</c>: the sender understands trailers.</summary>
    AcceptsTrailers = 32,

    /// <summary>The target was in absolute form; its authority stands in for Host.</summary>
    AbsoluteForm = 64,

    /// <summary>At least one field is marked <see cref="HeaderFieldFlags.HopByHop"/> or <see cref="HeaderFieldFlags.Dropped"/>.</summary>
    HasFieldsToRemove = 128,
}
