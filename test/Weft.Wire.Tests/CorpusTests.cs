using Weft.Wire.Dns;
using Weft.Wire.Http;
using Weft.Wire.Http1;
using Weft.Wire.ProxyProtocol;
using Weft.Wire.Sniffing;
using Weft.Wire.Tls;

namespace Weft.Wire.Tests;

/// <summary>
/// Replays the corpus: bytes that real clients sent, and bytes that parsers have fallen over. A name says what must come of a file: it starts with
/// <c>ok</c> or with the error's name. Every file also goes, whole and cut at each byte, through every codec, none of which may throw.
/// </summary>
public sealed class CorpusTests
{
    public static TheoryData<string> Requests => Files("requests");

    public static TheoryData<string> Responses => Files("responses");

    [Theory]
    [MemberData(nameof(Requests))]
    public void Request_ComesOutAsItsNameSays(string name)
    {
        byte[] input = Load("requests", name);
        HeaderField[] fields = new HeaderField[100];
        string whole = Request(input, fields, out int consumed);
        Assert.Equal(name[..name.IndexOf('.')], whole);

        // In one-byte segments the same must come out, for an error perhaps earlier.
        int scanned = 0;
        ParseResult result = default;
        int last = 0;
        for (int length = 1; length <= input.Length && result.Status == ParseStatus.NeedMore; length++)
            result = Http1RequestParser.Parse(input.AsSpan(0, length), fields, Http1Limits.Mesh, ref scanned, out _, out last);
        Assert.Equal(whole == "ok" ? ParseStatus.Complete : ParseStatus.Error, result.Status);
        Assert.Equal(consumed, last);
    }

    [Theory]
    [MemberData(nameof(Responses))]
    public void Response_ComesOutAsItsNameSays(string name)
    {
        byte[] input = Load("responses", name);
        int scanned = 0;
        ParseResult result = Http1ResponseParser.Parse(input, RequestMethod.Get, new HeaderField[100], Http1Limits.Mesh, ref scanned, out _, out _);
        Assert.Equal(name[..name.IndexOf('.')], result.Status == ParseStatus.Complete ? "ok" : result.Error.ToString());
    }

    [Fact]
    public void EveryFile_GoesThroughEveryCodecWithoutAThrow()
    {
        HeaderField[] fields = new HeaderField[100];
        byte[] scratch = new byte[ClientHelloReader.MaxBytes];
        int files = 0;
        foreach (string file in Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories))
        {
            byte[] whole = File.ReadAllBytes(file);
            files++;
            for (int length = 0; length <= Math.Min(whole.Length, 2048); length++)
            {
                ReadOnlySpan<byte> input = whole.AsSpan(0, length);
                Request(input, fields, out _);
                int scanned = 0;
                Http1ResponseParser.Parse(input, RequestMethod.Get, fields, Http1Limits.Edge, ref scanned, out _, out _);
                new ChunkedDecoder().Next(input, fields, Http1Limits.Mesh);
                ClientHelloReader.Read(input, scratch, out _);
                ProtocolSniffer.Sniff(input, tls: true, http: true);
                ProxyHeaderReader.Read(input, out _, out _);
                DnsMessage.ReadQuery(input, scratch, out _);
            }
        }

        Assert.True(files > 20, $"Only {files} files were found in {Folder}.");
    }

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Corpus");

    private static string Request(ReadOnlySpan<byte> input, HeaderField[] fields, out int consumed)
    {
        int scanned = 0;
        ParseResult result = Http1RequestParser.Parse(input, fields, Http1Limits.Mesh, ref scanned, out _, out consumed);
        return result.Status == ParseStatus.Complete ? "ok" : result.Error.ToString();
    }

    private static byte[] Load(string kind, string name) => File.ReadAllBytes(Path.Combine(Folder, kind, name));

    private static TheoryData<string> Files(string kind) => [.. Directory.EnumerateFiles(Path.Combine(Folder, kind)).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];
}
