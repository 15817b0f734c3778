using CsCheck;
using Weft.Wire.Http;
using Weft.Wire.Http1;

namespace Weft.Wire.Tests.Http1;

/// <summary>Random heads, whole and broken: nothing throws, and how the bytes were cut never changes what comes out.</summary>
public sealed class RandomHeadTests
{
    private static readonly string[] s_parts =
    [
        "GET / HTTP/1.1\r\n", "POST /a?b HTTP/1.1\r\n", "CONNECT a:1 HTTP/1.1\r\n", "Host: a\r\n", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "Connection: close, x\r\n",
        "X: y\r\n", "x_y: z\r\n", "Expect: 100-continue\r\n", "\r\n", "\n", "\r", " ", ":", "\0", "abc", "HTTP/1.1", "Transfer-Encoding : chunked\r\n", "\t", "é", "#",
    ];

    [Fact]
    public void RandomSplits_GiveTheSameOutcomeAsTheWhole() =>
        Gen.Select(Gen.Int[0, s_parts.Length - 1].Array[0, 8], Gen.Bool, Gen.Int[0, 60].Array[1, 12]).Sample((parts, framed, steps) =>
        {
            string text = string.Concat(parts.Select(part => s_parts[part]));
            byte[] input = Parsed.Bytes(framed ? $"GET / HTTP/1.1\r\nHost: a\r\n{text}\r\n" : text);
            HeaderField[] fields = new HeaderField[100];
            int scanned = 0;
            ParseResult whole = Http1RequestParser.Parse(input, fields, Http1Limits.Mesh, ref scanned, out RequestHead expected, out int expectedConsumed);

            scanned = 0;
            int length = 0;
            ParseResult cut = default;
            RequestHead head = default;
            int consumed = 0;
            for (int i = 0; cut.Status == ParseStatus.NeedMore && length < input.Length; i++)
            {
                length = Math.Min(input.Length, length + 1 + steps[i % steps.Length]);
                cut = Http1RequestParser.Parse(input.AsSpan(0, length), fields, Http1Limits.Mesh, ref scanned, out head, out consumed);
            }

            // A broken head may be refused earlier, and then for what was wrong in the part that had come.
            return whole.Status == cut.Status
                && (whole.Status != ParseStatus.Complete || (consumed == expectedConsumed && head.Flags == expected.Flags && head.Framing == expected.Framing
                    && head.FieldCount == expected.FieldCount && head.Authority == expected.Authority));
        }, iter: 20_000);

    [Fact]
    public void EveryAcceptedHead_IsAcceptedAgainAsItIsForwarded() =>
        Gen.Int[0, s_parts.Length - 1].Array[0, 8].Sample(parts =>
        {
            string text = string.Concat(parts.Select(part => s_parts[part]));
            Parsed first = Parsed.OfRequest($"GET /p HTTP/1.1\r\nHost: a\r\n{text}\r\n");
            if (first.Result.Status != ParseStatus.Complete)
                return true;
            HeaderEdits edits = new();
            edits.RemoveMarked(first.Fields);
            byte[] buffer = new byte[4096];
            HeadWriter writer = new(buffer);
            writer.RequestLine("GET"u8, "/p"u8);
            writer.Fields(new HeadView(first.Input, first.Fields, first.Request.FieldsEnd, edits));
            writer.End();
            Parsed again = Parsed.OfRequest(buffer[..writer.Length]);
            return again.Result.Status == ParseStatus.Complete && again.Request.Framing == first.Request.Framing
                && again.Request.ContentLength == first.Request.ContentLength && !again.Request.Has(HeadFlags.HasFieldsToRemove);
        }, iter: 20_000);
}
