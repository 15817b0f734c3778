using System.Text;

namespace Weft.Wire.Http;

/// <summary>A header name that configuration asks for, prepared for comparing with parsed fields. Immutable; any thread.</summary>
public sealed class HeaderName
{
    private readonly byte[] _lower;

    private HeaderName(byte[] lower)
    {
        _lower = lower;
        Known = KnownHeaders.Resolve(lower);
    }

    /// <summary>The known header, or none.</summary>
    public KnownHeader Known { get; }

    /// <summary>The name in lower case.</summary>
    public ReadOnlySpan<byte> Bytes => _lower;

    /// <summary>Prepares <paramref name="name"/>; false when it is not a token (RFC 9110 section 5.1).</summary>
    public static bool TryCreate(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out HeaderName? header)
    {
        header = null;
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        if (bytes.Length == 0 || !HeaderSyntax.IsToken(bytes))
            return false;
        header = new HeaderName(Encoding.ASCII.GetBytes(name.ToLowerInvariant()));
        return true;
    }

    /// <summary>True when <paramref name="field"/>, a field of <paramref name="head"/>, has this name.</summary>
    public bool Matches(in HeaderField field, ReadOnlySpan<byte> head) =>
        field.Known == Known && (Known != KnownHeader.None || Matches(field.Name(head)));

    /// <summary>True when <paramref name="name"/> is this name in any case.</summary>
    public bool Matches(ReadOnlySpan<byte> name) => name.Length == _lower.Length && Ascii.EqualsIgnoreCase(name, _lower);

    /// <inheritdoc/>
    public override string ToString() => Encoding.ASCII.GetString(_lower);
}
