using System.Text.Json;
using Weft.Cli.Supervision;

namespace Weft.Cli.Tests.Commands;

/// <summary><c>weft status</c> against the real API of a supervisor, whose mesh is made up.</summary>
public sealed class StatusCommandTests : IDisposable
{
    // As a proxy's /slow_detection answers.
    private const string Page = """[{"listener":"0.0.0.0_2525","service":"mail.default.svc.cluster.local","port":2525,"connections":3,"waited_ms":15000}]""";
    private readonly CommandRunner _weft = new();

    public void Dispose() => _weft.Dispose();

    [Fact]
    public async Task PortThatIsSlowBecauseOfLooking_IsToldWithWhatToWrite()
    {
        StateDirectory state = StateDirectory.Locate(Path.Combine(_weft.Directory, ".state"), static _ => null);
        using IDisposable held = state.Acquire();
        await using SupervisorApi api = await SupervisorApi.StartAsync(
            state, new LogHub(TimeProvider.System), static _ => Task.FromResult(Report(Page)), static _ => null, static (_, _) => null, static () => { });
        CommandResult table = await _weft.RunAsync("status");
        Assert.Contains(
            "slow at storefront: 3 connections to mail.default.svc.cluster.local, port 2525, waited 5 s each for the client to speak, for nothing says what the port speaks, "
            + "and its server speaks first. Name the port tcp-…, or set appProtocol: tcp.\n",
            table.Out, StringComparison.Ordinal);

        CommandResult json = await _weft.RunAsync("status", "-o", "json");
        JsonElement slow = JsonDocument.Parse(json.Out).RootElement.GetProperty("workloads")[0].GetProperty("slowPorts")[0];
        Assert.Equal((2525, 3, 15.0), (slow.GetProperty("port").GetInt32(), slow.GetProperty("connections").GetInt32(), slow.GetProperty("waitedSeconds").GetDouble()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("[]")]
    [InlineData("The page '/slow_detection' does not exist.")]
    [InlineData("""[{"service":7}]""")]
    [InlineData("""{"service":"a"}""")]
    public void PageThatSaysNothing_GivesNoPorts(string? page) => Assert.Empty(SlowPort.Parse(page));

    [Fact]
    public void OneConnection_IsToldInTheSingular() => Assert.StartsWith(
        "1 connection to mail, port 25, waited 0.1 s for the client to speak", new SlowPort("mail", 25, 1, 0.1).Sentence(), StringComparison.Ordinal);

    private static MeshReport Report(string page) => new(
        new MeshDescription(1, "mesh", DateTimeOffset.UnixEpoch, "127.0.0.1"),
        new ControlPlaneReport("127.0.0.1", true, 1, 0),
        [
            new WorkloadReport("default", "storefront", false, "127.1.0.1", "spiffe://cluster.local/ns/default/sa/storefront", WorkloadState.Ready, "", true, 1, 2, 0, 0, [8080], "127.1.0.2:15000", "sidecar~1")
            {
                SlowPorts = SlowPort.Parse(page),
            },
        ],
        []);
}
