using System.Text;
using Microsoft.Extensions.Time.Testing;
using Weft.Control.Configuration;
using Weft.Resources;

namespace Weft.Control.Tests.Configuration;

/// <summary>Nothing broken replaces something good, whatever lies in the directory.</summary>
public sealed class DirectoryReaderTests : IDisposable
{
    private const string Web = """
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec: {ports: [{name: http, port: 80}]}
        """;

    private readonly string _root = Directory.CreateTempSubdirectory("weft-source-").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly DirectoryReader _reader;
    private int _age;

    public DirectoryReaderTests() => _reader = new DirectoryReader(_root, _time);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Nothing_Changed_IsNotReadAgain()
    {
        Write("a.yaml", Web);

        Assert.Single(_reader.Read()!.Objects);
        Assert.Null(_reader.Read());
    }

    [Fact]
    public void File_Deleted_RemovesItsObjects()
    {
        Write("a.yaml", Web);
        _reader.Read();

        File.Delete(Path.Combine(_root, "a.yaml"));

        Assert.Empty(_reader.Read()!.Objects);
    }

    [Fact]
    public void Object_Broken_KeepsItsLastGoodVersion()
    {
        Write("a.yaml", Web);
        ResourceObject good = _reader.Read()!.Objects[0];

        Write("a.yaml", Web.Replace("port: 80", "port: 80000", StringComparison.Ordinal));
        SourceState state = _reader.Read()!;

        Assert.Same(good, Assert.Single(state.Objects));
        Assert.Contains(state.Diagnostics, finding => finding.Level == DiagnosticLevel.Error && finding.Line == 4);
    }

    [Fact]
    public void File_NoLongerYaml_KeepsWhatItHeld()
    {
        Write("a.yaml", Web);
        _reader.Read();

        Write("a.yaml", "spec: [unclosed\n\t}");

        Assert.Equal("web", Assert.Single(_reader.Read()!.Objects).Name);
    }

    [Fact]
    public void File_SuddenlyEmpty_IsBelievedOnlyAfterAWhile()
    {
        Write("a.yaml", Web);
        _reader.Read();

        Write("a.yaml", "");
        SourceState? first = _reader.Read();
        bool doubted = _reader.HasDoubts;
        _time.Advance(DirectoryReader.Grace);
        SourceState later = _reader.Read()!;

        Assert.Single(first!.Objects);
        Assert.True(doubted);
        Assert.Empty(later.Objects);
        Assert.False(_reader.HasDoubts);
    }

    [Fact]
    public void File_SeenEmptyTwiceWhileItIsRewritten_KeepsItsObjects()
    {
        Write("a.yaml", Web);
        _reader.Read();

        // Each time another writer has just truncated it: that it was empty before says nothing.
        for (int i = 0; i < 3; i++)
        {
            Write("a.yaml", "");
            _reader.Read();
            _time.Advance(DirectoryReader.Grace * 2);
            Write("a.yaml", "");
            SourceState state = _reader.Read()!;

            Assert.Single(state.Objects);
            Assert.True(_reader.HasDoubts);
        }
    }

    [Fact]
    public void File_WrittenPieceByPiece_KeepsWhatIsStillToCome()
    {
        string other = Web.Replace("name: web}", "name: other}", StringComparison.Ordinal);
        Write("a.yaml", $"{Web}\n---\n{other}");
        _reader.Read();

        Write("a.yaml", Web.Replace("port: 80", "port: 81", StringComparison.Ordinal));
        SourceState half = _reader.Read()!;
        _time.Advance(DirectoryReader.Grace);
        SourceState later = _reader.Read()!;

        Assert.Equal(["web", "other"], half.Objects.Select(item => item.Name));
        Assert.Equal("web", Assert.Single(later.Objects).Name);
    }

    [Fact]
    public void Object_MovedToAnotherFile_IsThereOnceAndWithoutAFinding()
    {
        Write("b.yaml", $"{Web}\n---\n{Web.Replace("name: web}", "name: other}", StringComparison.Ordinal)}");
        _reader.Read();

        Write("a.yaml", Web);
        Write("b.yaml", Web.Replace("name: web}", "name: other}", StringComparison.Ordinal));
        SourceState state = _reader.Read()!;

        Assert.Empty(state.Diagnostics);
        Assert.Equal(["web", "other"], state.Objects.Select(item => item.Name));
    }

    [Fact]
    public void ChangeThatTheStampDoesNotShow_IsFound()
    {
        string path = Path.Combine(_root, "a.yaml");
        File.WriteAllText(path, Web);
        File.SetLastWriteTimeUtc(path, _time.GetUtcNow().UtcDateTime);
        _reader.Read();
        bool looksAgain = _reader.HasDoubts;

        // The same length within one step of the file system's clock.
        File.WriteAllText(path, Web.Replace("port: 80", "port: 81", StringComparison.Ordinal));
        File.SetLastWriteTimeUtc(path, _time.GetUtcNow().UtcDateTime);
        SourceState? changed = _reader.Read();
        _time.Advance(DirectoryReader.Grace);
        SourceState? same = _reader.Read();

        Assert.True(looksAgain);
        Assert.Equal(81u, (uint)((Kubernetes.Core.V1.ServiceSpec)Assert.Single(changed!.Objects).Spec).Ports[0].Port);
        Assert.Null(same);
        Assert.False(_reader.HasDoubts);
    }

    [Fact]
    public void File_ReplacedByADirectory_KeepsWhatItHeldAndSaysSo()
    {
        Write("a.yaml", Web);
        _reader.Read();

        File.Delete(Path.Combine(_root, "a.yaml"));
        Directory.CreateDirectory(Path.Combine(_root, "a.yaml"));
        SourceState state = _reader.Read()!;

        Assert.Single(state.Objects);
        Assert.EndsWith("it is a directory now.", Assert.Single(state.Diagnostics).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Directory_Vanished_KeepsWhatItHeldAndSaysSo()
    {
        string inner = Path.Combine(_root, "inner");
        Directory.CreateDirectory(inner);
        File.WriteAllText(Path.Combine(inner, "a.yaml"), Web);
        DirectoryReader reader = new(inner, _time);
        reader.Read();

        Directory.Delete(inner, recursive: true);
        SourceState state = reader.Read()!;
        Directory.CreateDirectory(inner);
        File.WriteAllText(Path.Combine(inner, "b.yaml"), Web);
        SourceState back = reader.Read()!;

        Assert.Single(state.Objects);
        Assert.Contains(state.Diagnostics, finding => finding.Code == SourceDiagnostics.Unreadable && finding.File == inner);
        Assert.EndsWith("b.yaml", Assert.Single(back.Objects).File, StringComparison.Ordinal);
        Assert.Empty(back.Diagnostics);
    }

    [Fact]
    public void TwoFiles_WithOneName_TheFirstIsInForce()
    {
        Write("a.yaml", Web);
        Write("b.yaml", Web);

        SourceState state = _reader.Read()!;

        Assert.EndsWith("a.yaml", Assert.Single(state.Objects).File, StringComparison.Ordinal);
        Diagnostic finding = Assert.Single(state.Diagnostics, finding => finding.Code == SourceDiagnostics.Duplicate);
        Assert.EndsWith("b.yaml", finding.File, StringComparison.Ordinal);
    }

    [Fact]
    public void Links_InACircle_AreNotFollowed()
    {
        Write("a.yaml", Web);
        Directory.CreateDirectory(Path.Combine(_root, "sub"));
        Directory.CreateSymbolicLink(Path.Combine(_root, "sub", "back"), _root);
        File.CreateSymbolicLink(Path.Combine(_root, "self.yaml"), Path.Combine(_root, "self.yaml"));

        SourceState state = _reader.Read()!;

        Assert.Single(state.Objects);
        Assert.Contains(state.Diagnostics, finding => finding.Code == SourceDiagnostics.Unreadable && finding.File!.EndsWith("self.yaml", StringComparison.Ordinal));
    }

    [Fact]
    public void Garbage_BesideGoodFiles_HidesNothing()
    {
        Write("a.yaml", Web);
        File.WriteAllBytes(Path.Combine(_root, "garbage.yaml"), [0xff, 0xfe, 0x00, 0x01, 0x80]);
        Write("anchors.yaml", Bomb());
        using (FileStream huge = File.Create(Path.Combine(_root, "huge.yaml")))
            huge.SetLength(50 * 1024 * 1024);
        Write("notes.txt", "not configuration");

        SourceState state = _reader.Read()!;

        Assert.Equal("web", Assert.Single(state.Objects).Name);
        foreach (string file in new[] { "garbage.yaml", "anchors.yaml", "huge.yaml" })
            Assert.Contains(state.Diagnostics, finding => finding.Level == DiagnosticLevel.Error && finding.File!.EndsWith(file, StringComparison.Ordinal));
    }

    // Files written within one tick of the clock must still differ in their time.
    private void Write(string name, string text)
    {
        string path = Path.Combine(_root, name);
        File.WriteAllText(path, text);
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch.AddSeconds(++_age));
    }

    private static string Bomb()
    {
        StringBuilder text = new("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 12; i++)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        return text.ToString();
    }
}
