using System.Text;
using Weft.Resources.Yaml;

namespace Weft.Resources.Tests.Yaml;

/// <summary>Files that are not what they should be: each gets a finding, and the documents beside it are read.</summary>
public sealed class BadInputTests
{
    private const string Good = "apiVersion: v1\nkind: Namespace\nmetadata: {name: good}\n";

    [Theory]
    [InlineData("WFT0001", 3, 19, "apiVersion: v1\nkind: Namespace\nmetadata: {name: a")]
    [InlineData("WFT0001", 3, 15, "apiVersion: v1\nkind: Namespace\nmetadata: name: a")]
    [InlineData("WFT0001", 2, 8, "apiVersion: v1\nhosts: *all")]
    [InlineData("WFT0001", 1, 2, "{{ if .Values.a }}\na: b")]
    [InlineData("WFT0001", 2, 4, "a: b\n  c: d")]
    [InlineData("WFT0001", 1, 4, "a: !secret b")]
    [InlineData("WFT0004", 2, 1, "a:\n\tb: c")]
    [InlineData("WFT0004", 3, 3, "a:\n  b: c\n  \td: e")]
    [InlineData("WFT0008", 2, 1, "kind: A\nkind: B")]
    [InlineData("WFT0009", 1, 1, "just text")]
    [InlineData("WFT0010", 1, 1, "kind: VirtualService\nmetadata: {name: a}")]
    [InlineData("WFT0010", 1, 1, "apiVersion: v1\nmetadata: {name: a}")]
    [InlineData("WFT0011", 2, 7, "apiVersion: networking.istio.io/v1\nkind: VirtualServise\nmetadata: {name: a}")]
    [InlineData("WFT0011", 2, 7, "apiVersion: networking.example.com/v1\nkind: VirtualService\nmetadata: {name: a}")]
    [InlineData("WFT0012", 1, 13, "apiVersion: networking.istio.io/v2\nkind: VirtualService\nmetadata: {name: a}")]
    [InlineData("WFT0013", 2, 7, "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: a}")]
    [InlineData("WFT0013", 2, 7, "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}")]
    [InlineData("WFT0007", 1, 8, "a: &x [*x]")]
    public void MalformedDocument_IsOneFindingAndHidesNothing(string code, int line, int column, string document)
    {
        ReadResult result = ResourceReader.Read($"{document}\n---\n{Good}---\n{document}\n", "a.yaml");

        Diagnostic[] findings = [.. result.Diagnostics.Where(d => d.Code == code)];
        Assert.True(findings.Length == 2, string.Join('\n', result.Diagnostics));
        Assert.Equal((line, column), (findings[0].Line!.Value, findings[0].Column!.Value));
        int next = document.Count(c => c == '\n') + 1 + 5;
        Assert.Equal(line + next, findings[1].Line);
        Assert.Equal("good", Assert.Single(result.Objects).Name);
        Assert.NotNull(findings[0].Hint ?? (code == "WFT0013" ? "" : null));
    }

    [Fact]
    public void AnchorBomb_IsRefusedQuickly()
    {
        StringBuilder bomb = new("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 30; i++)
            bomb.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 9))}]\n");

        ReadResult result = ResourceReader.Read($"{bomb}---\n{Good}", "bomb.yaml");

        Assert.Equal("WFT0007", Assert.Single(result.Diagnostics).Code);
        Assert.Single(result.Objects);
    }

    [Fact]
    public void DeepNesting_IsRefusedInEveryForm()
    {
        string flow = new string('[', 100_000), block = string.Concat(Enumerable.Range(0, 200).Select(i => new string(' ', i) + "a:\n"));
        string json = string.Concat(Enumerable.Repeat("{\"a\":", 200)) + "1" + new string('}', 200);
        string aliases = "a: &a [[[[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]]]\nb: &b [[[[[[[[[[[[[[[[[[[[*a]]]]]]]]]]]]]]]]]]]]\nc: &c [[[[[[[[[[[[[[[[[[[[*b]]]]]]]]]]]]]]]]]]]]\n"
            + "d: &d [[[[[[[[[[[[[[[[[[[[*c]]]]]]]]]]]]]]]]]]]]\ne: [[[[[[[[[[[[[[[[[[[[*d]]]]]]]]]]]]]]]]]]]]\n";
        foreach (string document in new[] { flow, block, json, aliases })
            Assert.Equal("WFT0005", Assert.Single(ResourceReader.Read(document, "deep.yaml").Diagnostics).Code);
        Assert.Equal("WFT0001", Assert.Single(ResourceReader.Read(json, "deep.json").Diagnostics).Code);
    }

    [Fact]
    public void TooManyValues_AreRefused()
    {
        string list = "a: [" + string.Join(',', Enumerable.Repeat("x", ReadLimits.Nodes + 10)) + "]";
        Assert.Equal("WFT0006", Assert.Single(ResourceReader.Read(list, "many.yaml").Diagnostics).Code);
    }

    [Fact]
    public void VeryManyMistakes_AreCutOffAndCostLittle()
    {
        string unknown = "spec:\n" + string.Concat(Enumerable.Range(0, 100_000).Select(i => $"  hsts{i}: a\n"));
        string labels = "metadata:\n  name: a\n  labels:\n" + string.Concat(Enumerable.Range(0, 100_000).Select(i => $"    a b {i}: c\n")) + "spec: {ports: [{port: 80}]}\n";
        string types = "spec:\n  hosts:\n" + string.Concat(Enumerable.Repeat("  - 80\n", 100_000));
        const string service = "apiVersion: networking.istio.io/v1\nkind: VirtualService\n";
        foreach (string document in new[] { service + "metadata: {name: a}\n" + unknown, "apiVersion: v1\nkind: Service\n" + labels, service + "metadata: {name: a}\n" + types })
        {
            ReadResult result = ResourceReader.Read(document, "many.yaml");
            Assert.Equal(ReadLimits.Findings + 1, result.Diagnostics.Count);
            Assert.Equal("WFT0016", result.Diagnostics[^1].Code);
            Assert.False(Assert.Single(result.Objects).IsValid);
        }
    }

    [Fact]
    public void VeryManyRules_AreCheckedInLinearTime()
    {
        string rules = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"  - match: [{{uri: {{prefix: /a{i:D5}}}, headers: {{h: {{exact: x}}}}}}, {{uri: {{exact: /b{i:D5}}}}}]\n    route: [{{destination: {{host: b}}}}]\n"));
        string hosts = string.Join(", ", Enumerable.Range(0, 5_000).Select(i => $"h{i}.example.com"));
        ReadResult result = ResourceReader.Read($"apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: a}}\nspec:\n  hosts: [{hosts}]\n  http:\n{rules}", "many.yaml");
        Assert.Empty(result.Diagnostics);
    }

    [Fact]
    public void LargeFile_IsRefusedWithoutBeingHeld()
    {
        using CountingStream stream = new(50 * 1024 * 1024, canSeek: false);
        ReadResult result = ResourceReader.Read(stream, "large.yaml");

        Diagnostic finding = Assert.Single(result.Diagnostics);
        Assert.Equal(("WFT0002", "large.yaml"), (finding.Code, finding.File));
        Assert.True(stream.Served <= ReadLimits.FileBytes + (128 * 1024), $"{stream.Served} bytes were read.");

        using CountingStream seekable = new(50 * 1024 * 1024, canSeek: true);
        Assert.Equal("WFT0002", Assert.Single(ResourceReader.Read(seekable, "large.yaml").Diagnostics).Code);
        Assert.Equal(0, seekable.Served);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'a', (byte)'\n', (byte)'b', 0, (byte)'c' }, 2, 2)]
    [InlineData(new byte[] { 0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1 }, 1, 5)]
    [InlineData(new byte[] { (byte)'a', (byte)':', (byte)' ', 0xC3, 0x28 }, 1, 4)]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'a', 0 }, 1, 1)]
    public void BinaryGarbage_IsOneFindingWithItsPlace(byte[] bytes, int line, int column)
    {
        Diagnostic finding = Assert.Single(ResourceReader.Read(bytes, "a.bin").Diagnostics);
        Assert.Equal(("WFT0003", line, column), (finding.Code, finding.Line!.Value, finding.Column!.Value));
    }

    [Fact]
    public void RandomBytesAndCutDocuments_NeverThrow()
    {
        Random random = new(20260801);
        byte[] good = Encoding.UTF8.GetBytes(ResourceReaderTests.ApacheGateway);
        for (int i = 0; i < 2000; i++)
        {
            byte[] bytes = [.. good];
            for (int change = 0; change < 1 + (i % 5); change++)
                bytes[random.Next(bytes.Length)] = (byte)(i % 2 == 0 ? random.Next(32, 127) : random.Next(256));
            ResourceReader.Read(bytes.AsSpan(0, random.Next(bytes.Length)), "fuzz.yaml");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n# only a comment\n---\n---\n# another\n...\n")]
    [InlineData("---\nnull\n")]
    public void EmptyFile_HasNoObjectsAndNoFindings(string text)
    {
        ReadResult result = ResourceReader.Read(text, "empty.yaml");
        Assert.Empty(result.Objects);
        Assert.Empty(result.Diagnostics);
    }

    /// <summary>A stream of the letter a that counts what is read from it.</summary>
    private sealed class CountingStream(long length, bool canSeek) : Stream
    {
        public long Served { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => canSeek;

        public override bool CanWrite => false;

        public override long Length => canSeek ? length : throw new NotSupportedException();

        public override long Position { get => Served; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            int read = (int)Math.Min(count, length - Served);
            Array.Fill(buffer, (byte)'a', offset, read);
            Served += read;
            return read;
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
