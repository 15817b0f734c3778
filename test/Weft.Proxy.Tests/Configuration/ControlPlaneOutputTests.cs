using System.Text.Json.Nodes;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Endpoint.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Weft.Proxy.Configuration;
using Weft.Xds;
using Weft.Xds.Protocol;

namespace Weft.Proxy.Tests.Configuration;

/// <summary>
/// What our control plane makes (its golden files), our proxy accepts: the two sides never meet in code, so they meet here.
/// </summary>
public class ControlPlaneOutputTests
{
    internal static readonly string Golden = Path.Combine(RepositoryRoot(), "test", "Weft.Control.Tests", "Golden");

    /// <summary>Features whose refusal is known and documented: their enforcement is not there yet.</summary>
    private static readonly string[] NotYetEnforced = ["Http2", "http2"];

    /// <summary>Where the golden configurations have files, which are not there on this machine.</summary>
    private const string AbsentFiles = "/certs/";

    public static TheoryData<string> Cases() => [.. Directory.GetFiles(Golden, "*.golden.json", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Golden, f))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void GoldenConfiguration_IsAccepted_ExceptWhatIsKnownNotToBeEnforced(string file)
    {
        var dump = JsonNode.Parse(File.ReadAllText(Path.Combine(Golden, file)))!;
        var store = new ConfigurationStore(TimeProvider.System);
        var refusals = new List<ResourceRefusal>();
        refusals.AddRange(Apply<Cluster>(store, dump["clusters"], XdsTypeUrls.Cluster, c => c.Name));
        refusals.AddRange(Apply<ClusterLoadAssignment>(store, dump["endpoints"], XdsTypeUrls.Endpoint, e => e.ClusterName));
        refusals.AddRange(Apply<Listener>(store, dump["listeners"], XdsTypeUrls.Listener, l => l.Name));
        refusals.AddRange(Apply<RouteConfiguration>(store, dump["routes"], XdsTypeUrls.Route, r => r.Name));

        var surprising = refusals.Where(r => !r.Error.Contains(AbsentFiles, StringComparison.Ordinal) && !NotYetEnforced.Any(n => r.Error.Contains(n, StringComparison.Ordinal))).Select(r => $"{r.Name}: {r.Error}");
        Assert.Empty(surprising);
        Assert.NotEmpty(store.Snapshot().Listeners);
    }

    private static IReadOnlyList<ResourceRefusal> Apply<T>(ConfigurationStore store, JsonNode? items, string type, Func<T, string> nameOf)
        where T : class, IMessage<T>, new()
    {
        var messages = items?.AsArray().Select(i => ProtoJson.Parse<T>(i!.ToJsonString())).ToList() ?? [];
        return store.Apply(new AdsUpdate(type, "1", [.. messages.Select(m => new ReceivedResource(nameOf(m), "1", Any.Pack(m)))], []));
    }

    private static string RepositoryRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "Weft.slnx")))
        {
            directory = directory.Parent;
        }

        return directory.FullName;
    }
}
