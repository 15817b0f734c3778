using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Weft.Control.Configuration;
using Weft.Control.Discovery.Snapshot;
using Weft.Control.Discovery.Translation;
using Weft.Resources;

namespace Weft.Control.Tests.Golden;

/// <summary>
/// YAML in, proto JSON out. Each folder holds <c>config.yaml</c> and for each proxy <c>NAME.proxy.json</c> with its expected
/// <c>NAME.golden.json</c>. <c>WEFT_UPDATE_GOLDEN=1</c> writes the expectations anew; read the difference before committing it.
/// </summary>
public sealed class GoldenTests
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.Create(UnicodeRanges.All),
    };

    public static TheoryData<string> Cases()
    {
        TheoryData<string> cases = [];
        foreach (string proxy in Directory.GetFiles(Root, "*.proxy.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            cases.Add(Path.GetRelativePath(Root, proxy)[..^".proxy.json".Length]);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Translation_OfFolder_IsAsExpected(string name)
    {
        string path = Path.Combine(Root, name);
        ProxyDescription proxy = ProxyDescription.FromJson(File.ReadAllText(path + ".proxy.json"));
        JsonObject dump = ConfigDump.Build(Snapshot(Path.Combine(Path.GetDirectoryName(path)!, "config.yaml")), proxy);
        string actual = dump.ToJsonString(Indented) + "\n";

        string expectedFile = path + ".golden.json";
        if (Environment.GetEnvironmentVariable("WEFT_UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(expectedFile, actual);
            return;
        }

        Assert.Equal(File.ReadAllText(expectedFile), actual);
    }

    [Fact]
    public void Folder_HoldsCases() => Assert.True(Cases().Count >= 5);

    private static string Root { get; } = FindRoot();

    private static MeshSnapshot Snapshot(string file)
    {
        ReadResult read = ResourceReader.Read(File.ReadAllBytes(file), file);
        Assert.DoesNotContain(read.Diagnostics, diagnostic => diagnostic.Level == DiagnosticLevel.Error);
        return MeshSnapshot.Build(ConfigSet.From(read.Objects), MeshOptions.Istio);
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string golden = Path.Combine(folder.FullName, "test", "Weft.Control.Tests", "Golden");
            if (Directory.Exists(golden))
                return golden;
        }

        throw new InvalidOperationException("No folder above the test binaries holds test/Weft.Control.Tests/Golden.");
    }
}
