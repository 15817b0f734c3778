namespace Weft.Wire.Http;

/// <summary>Walks the values of one header of a <see cref="HeadView"/>.</summary>
public ref struct HeaderValues
{
    private HeaderWalk _walk;
    private readonly HeaderName _name;

    internal HeaderValues(HeadView view, HeaderName name)
    {
        _walk = view.Walk();
        _name = name;
    }

    /// <summary>Moves to the next value.</summary>
    public bool Next(out ReadOnlySpan<byte> value)
    {
        while (_walk.Next(out KnownHeader known, out ReadOnlySpan<byte> name, out value))
        {
            if (known == _name.Known && (known != KnownHeader.None || _name.Matches(name)))
                return true;
        }

        return false;
    }
}
