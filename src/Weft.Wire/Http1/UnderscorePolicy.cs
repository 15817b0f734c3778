namespace Weft.Wire.Http1;

/// <summary>What to do with a header whose name contains an underscore (Envoy's headers_with_underscores_action).</summary>
public enum UnderscorePolicy : byte
{
    /// <summary>An ordinary header; never one that frames the message.</summary>
    Allow,

    /// <summary>The request is refused; the edge profile's choice, as some backends read <c>_</c> as <c>-</c>.</summary>
    Reject,

    /// <summary>The header is marked <see cref="Http.HeaderFieldFlags.Dropped"/> and not forwarded.</summary>
    Drop,
}
