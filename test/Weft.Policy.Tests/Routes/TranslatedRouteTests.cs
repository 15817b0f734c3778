using System.Text.Json.Nodes;
using Weft.Policy.Routes;

namespace Weft.Policy.Tests.Routes;

/// <summary>What the control plane translates must be what the proxy can compile: its golden files are read here as they stand.</summary>
public sealed class TranslatedRouteTests
{
    [Fact]
    public void EveryRouteConfigurationOfTheGoldenFiles_Compiles()
    {
        string folder = Path.Combine(Root(), "test", "Weft.Control.Tests", "Golden");
        List<string> errors = [];
        int compiled = 0;
        foreach (string file in Directory.EnumerateFiles(folder, "*.golden.json", SearchOption.AllDirectories))
        {
            foreach (JsonObject configuration in Configurations(JsonNode.Parse(File.ReadAllText(file))))
            {
                List<string> found = [];
                RouteTable.Compile(TestRequest.Parse(configuration.ToJsonString()), found);
                errors.AddRange(found.Select(error => $"{Path.GetFileName(file)} {configuration["name"]}: {error}"));
                compiled++;
            }
        }

        Assert.Empty(errors);
        Assert.NotEqual(0, compiled);
    }

    private static IEnumerable<JsonObject> Configurations(JsonNode? node) => node switch
    {
        JsonObject found when found.ContainsKey("virtualHosts") => [found],
        JsonObject other => other.SelectMany(field => Configurations(field.Value)),
        JsonArray array => array.SelectMany(Configurations),
        _ => [],
    };

    private static string Root()
    {
        string directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Weft.slnx")))
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("Weft.slnx is above no directory of the tests.");
        return directory;
    }
}
