using Weft.Wire.Http;

namespace Weft.Wire.Http1;

/// <summary>The outcome of a parse: a status, and the error when the status says so.</summary>
public readonly record struct ParseResult(ParseStatus Status, WireError Error)
{
    /// <summary>More bytes are needed.</summary>
    public static ParseResult NeedMore => default;

    /// <summary>The head is complete.</summary>
    public static ParseResult Complete => new(ParseStatus.Complete, WireError.None);

    /// <summary>The peer broke the protocol with <paramref name="error"/>.</summary>
    public static ParseResult Failed(WireError error) => new(ParseStatus.Error, error);
}
