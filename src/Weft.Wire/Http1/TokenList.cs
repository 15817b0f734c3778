namespace Weft.Wire.Http1;

/// <summary>Walks the elements of a comma-separated field value (RFC 9110 section 5.6.1); empty elements are skipped.</summary>
public ref struct TokenList(ReadOnlySpan<byte> value)
{
    private ReadOnlySpan<byte> _rest = value;

    /// <summary>Moves to the next element, without white space around it.</summary>
    public bool Next(out ReadOnlySpan<byte> token)
    {
        while (!_rest.IsEmpty)
        {
            int comma = _rest.IndexOf((byte)',');
            token = (comma < 0 ? _rest : _rest[..comma]).Trim(" \t"u8);
            _rest = comma < 0 ? default : _rest[(comma + 1)..];
            if (!token.IsEmpty)
                return true;
        }

        token = default;
        return false;
    }
}
