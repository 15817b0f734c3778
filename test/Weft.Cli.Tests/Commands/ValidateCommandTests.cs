using System.Text.Json;

namespace Weft.Cli.Tests.Commands;

public sealed class ValidateCommandTests : IDisposable
{
    private const string Good = """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: reviews}
        spec:
          hosts: [reviews]
          http:
            - route: [{destination: {host: reviews}}]
        """;

    private const string UnknownField = """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: broken, namespace: shop}
        spec:
          hosts: [reviews]
          htp: []
        """;

    private readonly CommandRunner _weft = new();

    public void Dispose() => _weft.Dispose();

    [Fact]
    public async Task FilesWithoutErrors_ExitZeroAndAnEmptyArray()
    {
        _weft.WriteFile("good.yaml", Good);
        CommandResult result = await _weft.RunAsync("validate", "good.yaml", "-o", "json");
        Assert.Equal(0, result.Code);
        Assert.Empty(JsonDocument.Parse(result.Out).RootElement.EnumerateArray());
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task TwoDocumentsOfOneFileWithOneName_AreAnErrorAtTheSecond()
    {
        _weft.WriteFile("twice.yaml", $"{Good}\n---\n{Good}\n");
        CommandResult result = await _weft.RunAsync("validate", "twice.yaml", "-o", "json");
        Assert.Equal(1, result.Code);
        JsonElement entry = Assert.Single(JsonDocument.Parse(result.Out).RootElement.EnumerateArray());
        Assert.Equal(("WFT0205", 11), (entry.GetProperty("code").GetString(), entry.GetProperty("line").GetInt32()));
    }

    [Fact]
    public async Task OneBadDocument_IsAnEntryWithItsPlaceAndHidesNothingOfTheOthers()
    {
        _weft.WriteFile("mixed.yaml", $"{UnknownField}\n---\n{Good}\n---\nkind: [\n---\n{UnknownField.Replace("broken", "second", StringComparison.Ordinal)}\n");
        CommandResult result = await _weft.RunAsync("validate", "mixed.yaml", "-o", "json");
        Assert.Equal(1, result.Code);
        List<JsonElement> entries = [.. JsonDocument.Parse(result.Out).RootElement.EnumerateArray()];
        JsonElement first = entries[0];
        Assert.Equal(
            ["code", "level", "kind", "namespace", "name", "file", "line", "column", "message", "hint"],
            first.EnumerateObject().Select(member => member.Name));
        Assert.Equal("error", first.GetProperty("level").GetString());
        Assert.Equal("VirtualService", first.GetProperty("kind").GetString());
        Assert.Equal("shop", first.GetProperty("namespace").GetString());
        Assert.Equal("broken", first.GetProperty("name").GetString());
        Assert.Equal("mixed.yaml", first.GetProperty("file").GetString());
        Assert.Equal(6, first.GetProperty("line").GetInt32());
        Assert.Equal(3, first.GetProperty("column").GetInt32());
        Assert.Contains(entries, entry => entry.GetProperty("kind").ValueKind == JsonValueKind.Null);
        Assert.Contains(entries, entry => entry.GetProperty("name").GetString() == "second");
    }

    [Fact]
    public async Task AMissingFile_ExitsTwoAndTheOthersAreStillJudged()
    {
        _weft.WriteFile("bad.yaml", UnknownField);
        CommandResult result = await _weft.RunAsync("validate", "absent.yaml", "bad.yaml", "-o", "json");
        Assert.Equal(2, result.Code);
        Assert.Single(JsonDocument.Parse(result.Out).RootElement.EnumerateArray());
        Assert.Contains("absent.yaml", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BinaryGarbage_IsAnEntryAndNoException()
    {
        File.WriteAllBytes(Path.Combine(_weft.Directory, "garbage.yaml"), [0, 255, 254, 1, 2, 3, 0, 128]);
        CommandResult result = await _weft.RunAsync("validate", "garbage.yaml", "-o", "json");
        Assert.Equal(1, result.Code);
        Assert.NotEmpty(JsonDocument.Parse(result.Out).RootElement.EnumerateArray());
    }

    [Fact]
    public async Task ASymlinkLoopOfDirectories_IsNotFollowed()
    {
        _weft.WriteFile("tree/good.yaml", Good);
        Directory.CreateSymbolicLink(Path.Combine(_weft.Directory, "tree", "again"), Path.Combine(_weft.Directory, "tree"));
        CommandResult result = await _weft.RunAsync("validate", "tree");
        Assert.Equal(0, result.Code);
        Assert.StartsWith("1 object,", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASymlinkLoopOfFiles_ExitsTwoWithASentence()
    {
        Directory.CreateDirectory(Path.Combine(_weft.Directory, "tree"));
        File.CreateSymbolicLink(Path.Combine(_weft.Directory, "tree", "a.yaml"), "b.yaml");
        File.CreateSymbolicLink(Path.Combine(_weft.Directory, "tree", "b.yaml"), "a.yaml");
        CommandResult result = await _weft.RunAsync("validate", "tree");
        Assert.Equal(2, result.Code);
        Assert.Contains("a.yaml", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StandardInput_IsReadForADash()
    {
        _weft.Input = UnknownField;
        CommandResult result = await _weft.RunAsync("validate", "-", "-o", "json");
        Assert.Equal(1, result.Code);
        Assert.Equal("-", JsonDocument.Parse(result.Out).RootElement[0].GetProperty("file").GetString());
    }

    [Fact]
    public async Task TheSamples_HaveNoFindings()
    {
        string mesh = Path.Combine(Checkout.Root, "samples", "bookshop", "mesh");
        CommandResult result = await _weft.RunAsync("validate", mesh, "-o", "json");
        Assert.Equal(0, result.Code);
        Assert.Empty(JsonDocument.Parse(result.Out).RootElement.EnumerateArray());
    }
}
