namespace Weft.Wire.Http;

/// <summary>Walks the fields of a <see cref="HeadView"/>: received and not removed, then added.</summary>
public ref struct HeaderWalk
{
    private readonly HeadView _view;
    private int _next;

    internal HeaderWalk(HeadView view) => _view = view;

    /// <summary>Moves to the next field.</summary>
    public bool Next(out KnownHeader known, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        HeaderEdits? edits = _view.Edits;
        for (; _next < _view.Fields.Length; _next++)
        {
            if (edits is not null && edits.IsRemoved(_next))
                continue;
            ref readonly HeaderField field = ref _view.Fields[_next++];
            known = field.Known;
            name = field.Name(_view.Buffer);
            value = field.Value(_view.Buffer);
            return true;
        }

        while (edits is not null && _next - _view.Fields.Length < edits.AddedCount)
        {
            if (edits.TryReadAdded(_next++ - _view.Fields.Length, out known, out name, out value))
                return true;
        }

        known = KnownHeader.None;
        name = value = default;
        return false;
    }
}
