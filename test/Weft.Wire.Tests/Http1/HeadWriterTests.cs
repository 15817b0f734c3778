using System.Text;
using CsCheck;
using Weft.Wire.Http;
using Weft.Wire.Http1;

namespace Weft.Wire.Tests.Http1;

public sealed class HeadWriterTests
{
    [Fact]
    public void EditedHead_KeepsOrderAndUntouchedBytes()
    {
        Parsed parsed = Parsed.OfRequest("GET / HTTP/1.1\r\nHost: a\r\nX-One:   1\r\nConnection: close\r\nX-Two: 2\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n");
        HeaderEdits edits = new();
        edits.RemoveMarked(parsed.Fields);
        HeadView view = new(parsed.Input, parsed.Fields, parsed.Request.FieldsEnd, edits);
        Assert.True(view.TryGet(KnownHeader.XForwardedFor, out ReadOnlySpan<byte> old));
        edits.Remove(KnownHeader.XForwardedFor, parsed.Fields);
        edits.AppendList(KnownHeader.XForwardedFor, old, "10.0.0.1"u8);
        Assert.True(HeaderName.TryCreate("X-Two", out HeaderName? two));
        edits.Set(two, "zwei"u8, parsed.Input, parsed.Fields);
        edits.Append(KnownHeader.XRequestId, "id"u8);

        Assert.Equal(
            "GET /new HTTP/1.1\r\nHost: a\r\nX-One:   1\r\nx-forwarded-for: 9.9.9.9, 10.0.0.1\r\nx-two: zwei\r\nx-request-id: id\r\n\r\n",
            Write(view, "/new"));
        Assert.True(view.TryGet(two, out ReadOnlySpan<byte> value));
        Assert.Equal("zwei", Encoding.ASCII.GetString(value));
        edits.Remove(two, parsed.Input, parsed.Fields);
        Assert.False(view.TryGet(two, out _));
        Assert.False(view.TryGet(KnownHeader.Connection, out _));
        Assert.DoesNotContain("zwei", Write(view, "/"));
        edits.Reset();
        Assert.Contains("Connection: close", Write(view, "/"));
    }

    [Fact]
    public void RandomEdits_EqualTheNaiveResult()
    {
        Gen.Select(Gen.Int[0, 90], Gen.Int[0, 100].List[0, 30], Gen.Int[0, 20].List[0, 20]).Sample((count, removed, added) =>
        {
            string lines = string.Concat(Enumerable.Range(0, count).Select(i => $"x-{i}: {new string('v', i % 7)}\r\n"));
            Parsed parsed = Parsed.OfRequest($"GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
            HeaderEdits edits = new();
            List<(string Name, string Value)> model = [("host", "a"), .. Enumerable.Range(0, count).Select(i => ($"x-{i}", new string('v', i % 7)))];
            foreach (int i in added)
            {
                HeaderName.TryCreate($"x-{i}", out HeaderName? name);
                edits.Append(name!, "added"u8);
                model.Add(($"x-{i}", "added"));
            }

            foreach (int i in removed)
            {
                HeaderName.TryCreate($"x-{i}", out HeaderName? name);
                edits.Remove(name!, parsed.Input, parsed.Fields);
                model.RemoveAll(field => field.Name == $"x-{i}");
            }

            HeadView view = new(parsed.Input, parsed.Fields, parsed.Request.FieldsEnd, edits);
            List<(string, string)> walked = [];
            HeaderWalk walk = view.Walk();
            while (walk.Next(out _, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
                walked.Add((Encoding.ASCII.GetString(name).ToLowerInvariant(), Encoding.ASCII.GetString(value)));
            Parsed again = Parsed.OfRequest(Write(view, "/"), Http1Limits.Mesh with { MaxFields = 128 });
            List<(string, string)> written = [.. Enumerable.Range(0, again.Request.FieldCount).Select(i => (again.Name(i).ToLowerInvariant(), again.Value(i)))];
            return model.SequenceEqual(walked) && model.SequenceEqual(written);
        }, iter: 500);
    }

    [Fact]
    public void SmallBuffer_OverflowsAndWritesNoMore()
    {
        HeadWriter writer = new(new byte[20]);
        writer.StatusLine(200);
        Assert.False(writer.Overflowed);
        writer.Field("server"u8, "weft"u8);
        Assert.True(writer.Overflowed);
        writer.Raw("x"u8);
        Assert.True(writer.Length <= 20);
    }

    [Fact]
    public void TooManyAdditions_OverflowTheEditsAndTheWriter()
    {
        HeaderEdits edits = new();
        for (int i = 0; i <= HeaderEdits.MaxAddedFields; i++)
            edits.Append(KnownHeader.Via, "x"u8);
        Assert.True(edits.Overflowed);
        HeadWriter writer = new(new byte[65536]);
        writer.Fields(new HeadView(default, default, 0, edits));
        Assert.True(writer.Overflowed);
        edits.Reset();
        edits.Append(KnownHeader.Via, new byte[HeaderEdits.MaxAddedBytes]);
        Assert.True(edits.Overflowed);
    }

    [Theory]
    [InlineData(200, "HTTP/1.1 200 OK\r\n")]
    [InlineData(431, "HTTP/1.1 431 Request Header Fields Too Large\r\n")]
    [InlineData(799, "HTTP/1.1 799 \r\n")]
    [InlineData(299, "HTTP/1.1 299 \r\n")]
    public void StatusLine_HasTheRegisteredReason(int status, string line)
    {
        byte[] buffer = new byte[100];
        HeadWriter writer = new(buffer);
        writer.StatusLine(status);
        Assert.Equal(line, Encoding.ASCII.GetString(buffer, 0, writer.Length));
    }

    [Fact]
    public void Date_IsImfFixdate()
    {
        byte[] buffer = new byte[HttpDate.Length];
        HttpDate.Format(new DateTimeOffset(1994, 11, 6, 10, 49, 37, TimeSpan.FromHours(2)), buffer);
        Assert.Equal("Sun, 06 Nov 1994 08:49:37 GMT", Encoding.ASCII.GetString(buffer));
    }

    [Fact]
    public void EditingAndWriting_AllocateNothing()
    {
        Parsed parsed = Parsed.OfRequest("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Two: 2\r\n\r\n");
        HeaderField[] fields = parsed.Fields.ToArray();
        int end = parsed.Request.FieldsEnd;
        HeaderEdits edits = new();
        byte[] buffer = new byte[1024];
        Assert.Equal(0, Allocation.Of(() =>
        {
            edits.Reset();
            edits.RemoveMarked(fields);
            edits.Set(KnownHeader.XRequestId, "0123456789"u8, fields);
            edits.Set(KnownHeader.XRequestId, "0123456789"u8, fields);
            HeadWriter writer = new(buffer);
            writer.RequestLine("GET"u8, "/"u8);
            writer.Fields(new HeadView(parsed.Input, fields, end, edits));
            writer.End();
        }));
    }

    private static string Write(HeadView view, string target)
    {
        byte[] buffer = new byte[65536];
        HeadWriter writer = new(buffer);
        writer.RequestLine("GET"u8, Encoding.ASCII.GetBytes(target));
        writer.Fields(view);
        writer.End();
        Assert.False(writer.Overflowed);
        return Encoding.Latin1.GetString(buffer, 0, writer.Length);
    }
}
