using Weft.Wire.Http1;

namespace Weft.Wire.Http;

/// <summary>The syntax of names and values, for what configuration adds to messages (RFC 9110 section 5).</summary>
public static class HeaderSyntax
{
    /// <summary>True when every byte is one of a token and there is at least one.</summary>
    public static bool IsToken(ReadOnlySpan<byte> name) => !name.IsEmpty && !name.ContainsAnyExcept(WireBytes.Token);

    /// <summary>True when no byte is a control other than HTAB.</summary>
    public static bool IsValue(ReadOnlySpan<byte> value) => !value.ContainsAny(WireBytes.ValueStops);

    /// <summary>True when the bytes may stand as a request target: no control, space or fragment.</summary>
    public static bool IsTarget(ReadOnlySpan<byte> target) => !target.IsEmpty && !target.ContainsAny(WireBytes.TargetStops);
}
