using System.Text;
using Weft.Wire.Http;
using Weft.Wire.Http1;

namespace Weft.Wire.Tests.Http;

public class HeaderEditsTests
{
    [Fact]
    public void Copy_ReadsLikeTheOriginalAndChangesAlone()
    {
        byte[] head = Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: a\r\nX-Gone: 1\r\n" + string.Concat(Enumerable.Range(0, 140).Select(i => $"h{i}: {i}\r\n")) + "\r\n");
        var fields = new HeaderField[200];
        int scanned = 0;
        Assert.Equal(ParseStatus.Complete, Http1RequestParser.Parse(head, fields, Http1Limits.Mesh with { MaxFields = 199 }, ref scanned, out RequestHead request, out _).Status);
        fields = fields[..request.FieldCount];
        var original = new HeaderEdits();
        original.Remove(1);
        original.Remove(140);
        original.Append(KnownHeader.Via, new byte[3000]);
        for (int i = 0; i < 40; i++) original.Append(KnownHeader.XRequestId, "id"u8);
        original.Set(KnownHeader.Host, "b"u8, fields);
        var copy = new HeaderEdits();
        copy.Append(KnownHeader.Date, "stale"u8);
        copy.Remove(5);

        copy.CopyFrom(original);

        string expected = Text(original);
        Assert.Equal(expected, Text(copy));
        Assert.DoesNotContain("X-Gone", expected);
        Assert.DoesNotContain("stale", expected);
        copy.Set(KnownHeader.Host, "c"u8, fields);
        copy.Remove(3);
        Assert.Equal(expected, Text(original));

        string Text(HeaderEdits edits)
        {
            var room = new byte[16 * 1024];
            var writer = new HeadWriter(room);
            writer.Fields(new HeadView(head, fields, request.FieldsEnd, edits));
            return Encoding.ASCII.GetString(room.AsSpan(0, writer.Length));
        }
    }
}
