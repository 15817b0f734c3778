using System.Text.Json;

namespace Weft.Cli.Tests.Store;

public sealed class ApplyGetDeleteTests : IDisposable
{
    private const string Two = """
        # the services
        apiVersion: v1
        kind: Service
        metadata: {name: one}
        spec: {ports: [{name: http, port: 80}]}
        ---
        # the second
        apiVersion: v1
        kind: Service
        metadata: {name: two}
        spec: {ports: [{name: http, port: 80}]} # stays
        """;

    private readonly CommandRunner _weft = new();

    public ApplyGetDeleteTests() => Directory.CreateDirectory(Path.Combine(_weft.Directory, "mesh"));

    public void Dispose() => _weft.Dispose();

    [Fact]
    public async Task AnObject_IsCreatedThenUnchangedThenConfigured()
    {
        _weft.WriteFile("new.yaml", Service("three", 80));
        Assert.Equal("service/three created\n", (await Apply("new.yaml")).Out);
        Assert.Equal("service/three unchanged\n", (await Apply("new.yaml")).Out);
        _weft.WriteFile("new.yaml", Service("three", 81));
        Assert.Equal("service/three configured\n", (await Apply("new.yaml")).Out);
        Assert.Contains("port: 81", await File.ReadAllTextAsync(Path.Combine(_weft.Directory, "mesh", "service-three.yaml")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Applying_LeavesTheOtherDocumentsOfAFileByteForByte()
    {
        string file = _weft.WriteFile("mesh/services.yaml", Two);
        _weft.WriteFile("new.yaml", Service("one", 8080));
        Assert.Equal("service/one configured\n", (await Apply("new.yaml")).Out);
        string text = await File.ReadAllTextAsync(file);
        Assert.Contains("port: 8080", text, StringComparison.Ordinal);
        Assert.EndsWith(Two[Two.IndexOf("---", StringComparison.Ordinal)..], text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFileWithAnError_AppliesNothing()
    {
        _weft.WriteFile("new.yaml", Service("three", 80) + "---\napiVersion: v1\nkind: Service\nmetadata: {name: four}\nspec: {ports: 7}\n");
        CommandResult result = await Apply("new.yaml");
        Assert.Equal(1, result.Code);
        Assert.Contains("Nothing was applied", result.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(_weft.Directory, "mesh")));
    }

    [Fact]
    public async Task AListFromStandardInput_IsAppliedItemByItem()
    {
        _weft.WriteFile("mesh/services.yaml", Two);
        _weft.Input = (await _weft.RunAsync("get", "svc", "--dir", "mesh", "-o", "yaml")).Out.Replace("port: 80", "port: 90", StringComparison.Ordinal);
        CommandResult result = await Apply("-");
        Assert.Equal("service/one configured\nservice/two configured\n", result.Out);
        CommandResult got = await _weft.RunAsync("get", "svc", "two", "--dir", "mesh", "-o", "json");
        Assert.Equal(90, JsonDocument.Parse(got.Out).RootElement.GetProperty("spec").GetProperty("ports")[0].GetProperty("port").GetInt32());
    }

    [Fact]
    public async Task Deleting_RemovesOneDocumentAndThenTheFile()
    {
        string file = _weft.WriteFile("mesh/services.yaml", Two);
        Assert.Equal("service/one deleted\n", (await _weft.RunAsync("delete", "svc", "one", "--dir", "mesh")).Out);
        Assert.Equal(1, (await _weft.RunAsync("get", "svc", "one", "--dir", "mesh")).Code);
        Assert.Equal(0, (await _weft.RunAsync("get", "svc", "two", "--dir", "mesh")).Code);
        Assert.Contains("# stays", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        Assert.Equal(0, (await _weft.RunAsync("delete", "service", "two", "--dir", "mesh")).Code);
        Assert.False(File.Exists(file));
        Assert.Equal(1, (await _weft.RunAsync("delete", "service", "two", "--dir", "mesh")).Code);
    }

    [Fact]
    public async Task ATable_ShowsWhatIsRefused()
    {
        _weft.WriteFile("mesh/bad.yaml", "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: g}\nspec: {serverz: []}\n");
        CommandResult result = await _weft.RunAsync("get", "gw", "--dir", "mesh");
        Assert.Contains("refused", result.Out, StringComparison.Ordinal);
    }

    private Task<CommandResult> Apply(string file) => _weft.RunAsync("apply", "-f", file, "--dir", "mesh");

    private static string Service(string name, int port) =>
        $"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: [{{name: http, port: {port}}}]}}\n";
}
