using Weft.Wire.Http;

namespace Weft.Fuzz.Targets;

/// <summary>What must hold of every head that a codec accepts, whichever it is.</summary>
internal static class HeadCheck
{
    /// <summary>Notes the fields, and looks for what must never pass on: line ends and zero bytes in values, anything but a token as a name.</summary>
    public static void Fields(ReadOnlySpan<byte> head, ReadOnlySpan<HeaderField> fields, ref Outcome outcome)
    {
        outcome.Kind(Math.Min(fields.Length, 8));
        foreach (ref readonly HeaderField field in fields)
        {
            ReadOnlySpan<byte> name = field.Name(head), value = field.Value(head);
            if (name.IsEmpty || name.IndexOfAnyInRange((byte)0, (byte)' ') >= 0 || name.Contains((byte)':') || name.IndexOfAnyInRange((byte)0x7f, (byte)0xff) >= 0)
                throw new FuzzFindingException("a name that is no token");
            if (value.ContainsAny((byte)'\r', (byte)'\n', (byte)0)) throw new FuzzFindingException("a value with a line end or a zero byte");
            if (field.Known != KnownHeaders.Resolve(name)) throw new FuzzFindingException("a field known by another name");
            outcome.Text(name);
            outcome.Text(value);
            outcome.Kind((int)field.Known);
            outcome.Kind((int)field.Flags);
        }
    }

    /// <summary>Notes a request's head and checks that its parts fit together.</summary>
    public static void Request(ReadOnlySpan<byte> bytes, in RequestHead head, ReadOnlySpan<HeaderField> fields, ref Outcome outcome)
    {
        outcome.Kind((int)head.Method);
        outcome.Kind((int)head.Framing);
        outcome.Kind((int)head.Flags);
        outcome.Number(head.ContentLength);
        foreach (ByteRange range in (ReadOnlySpan<ByteRange>)[head.MethodName, head.Target, head.PathAndQuery, head.Path, head.Query, head.Authority, head.Scheme, head.UpgradeToken])
        {
            ReadOnlySpan<byte> text = range.Of(bytes);
            if (text.ContainsAny((byte)'\r', (byte)'\n', (byte)0)) throw new FuzzFindingException("a part of the request line with a line end or a zero byte");
            outcome.Text(text);
        }

        if (head.Path.Of(bytes).ContainsAny((byte)' ', (byte)'#', (byte)'?')) throw new FuzzFindingException("a path with a space, a fragment or a query");
        if (head.Framing != BodyFraming.ContentLength && head.ContentLength != 0) throw new FuzzFindingException("a length of a body that is framed otherwise");
        if (head.ContentLength < 0) throw new FuzzFindingException("a length below zero");
        Fields(bytes, fields[..head.FieldCount], ref outcome);
    }

    /// <summary>Notes a response's head.</summary>
    public static void Response(ReadOnlySpan<byte> bytes, in ResponseHead head, ReadOnlySpan<HeaderField> fields, ref Outcome outcome)
    {
        if (head.Status is < 100 or > 999) throw new FuzzFindingException("a status out of range");
        outcome.Kind(head.Status / 100);
        outcome.Number(head.Status);
        outcome.Kind((int)head.Framing);
        outcome.Kind((int)head.Flags);
        outcome.Number(head.ContentLength);
        outcome.Text(head.Reason.Of(bytes));
        outcome.Text(head.UpgradeToken.Of(bytes));
        Fields(bytes, fields[..head.FieldCount], ref outcome);
    }
}
