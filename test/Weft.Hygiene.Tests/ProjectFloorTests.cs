using System.Xml.Linq;

namespace Weft.Hygiene.Tests;

/// <summary>A project may reference only projects on lower floors; see ARCHITECTURE.md.</summary>
public sealed class ProjectFloorTests
{
    private static readonly Dictionary<string, int> Floors = new()
    {
        ["Weft.Wire"] = 0,
        ["Weft.Resources"] = 0,
        ["Weft.Xds"] = 0,
        ["Weft.Identity"] = 0,
        ["Weft.Kernel"] = 0,
        ["Weft.Policy"] = 1,
        ["Weft.Proxy"] = 2,
        ["Weft.Control"] = 2,
        ["Weft.Observe"] = 2,
        ["Weft.Cli"] = 3,
        ["Weft.ProxyHost"] = 3,
    };

    [Fact]
    public void EveryProject_ReferencesOnlyLowerFloors()
    {
        List<string> wrong = [];
        string[] projects = Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories);
        Assert.NotEmpty(projects);
        foreach (string project in projects)
        {
            string name = Path.GetFileNameWithoutExtension(project);
            if (!Floors.TryGetValue(name, out int floor))
            {
                wrong.Add($"{name} stands on no floor: add it to ARCHITECTURE.md and to this test.");
                continue;
            }

            foreach (XElement reference in XDocument.Load(project).Descendants("ProjectReference"))
            {
                string target = Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'));
                if (!Floors.TryGetValue(target, out int targetFloor) || targetFloor >= floor)
                    wrong.Add($"{name} (floor {floor}) references {target}, which is not on a lower floor.");
            }
        }

        Assert.Empty(wrong);
    }
}
