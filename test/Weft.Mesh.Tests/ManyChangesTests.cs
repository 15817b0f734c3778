using System.Globalization;
using System.Net.WebSockets;
using System.Text;

namespace Weft.Mesh.Tests;

/// <summary>Many changes to a running mesh's files, while connections and requests go on.</summary>
public sealed class ManyChangesTests(RunningMesh mesh, ITestOutputHelper output) : IClassFixture<RunningMesh>
{
    private const string MarkerHost = "marker.test";

    private string Reviews => Path.Combine(mesh.Yaml, "reviews.yaml");

    private string Marker => Path.Combine(mesh.Yaml, "marker.yaml");

    [Fact]
    public async Task AWebSocket_LivesThroughAHundredUnrelatedChanges()
    {
        await File.WriteAllTextAsync(Path.Combine(mesh.Yaml, "echo.yaml"), Echo());
        using ClientWebSocket socket = await ConnectAsync();
        await EchoesAsync(socket, "before");
        string before = await File.ReadAllTextAsync(Reviews);
        List<TimeSpan> slowest = [];
        try
        {
            for (int change = 1; change <= 100; change++)
            {
                await ChangeAsync(before, change);
                await EchoesAsync(socket, $"during change {change}");
                slowest.Add(await RunningMesh.UntilAsync($"change {change} is in force", async () => await MarkerAsync() == change, TimeSpan.FromSeconds(5)));
            }

            await EchoesAsync(socket, "after");
            output.WriteLine($"a change was in force after {slowest.Average(took => took.TotalMilliseconds):0} ms, the slowest after {slowest.Max().TotalMilliseconds:0} ms");
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, new CancellationTokenSource(RunningMesh.Deadline).Token);
        }
        finally
        {
            await UndoAsync(before, "echo.yaml");
        }
    }

    [Fact]
    public async Task AThousandChangesUnderLoad_LoseNoRequestAndNoneComesBack()
    {
        const int Changes = 1000;
        string before = await File.ReadAllTextAsync(Reviews);
        await RunningMesh.UntilAsync("what another test changed is undone", async () => await MarkerAsync() is null, TimeSpan.FromSeconds(10));
        using CancellationTokenSource done = new();
        Task<List<string>>[] load = [.. Enumerable.Range(0, 4).Select(_ => LoadAsync(done.Token))];
        Task<List<int>> watch = WatchAsync(done.Token);
        try
        {
            // So fast that several are one change for the control plane, and so slow that all are not.
            using PeriodicTimer pace = new(TimeSpan.FromMilliseconds(20));
            for (int change = 1; change <= Changes; change++)
            {
                await ChangeAsync(before, change);
                await pace.WaitForNextTickAsync();
            }

            await RunningMesh.UntilAsync("the last change is in force", async () => await MarkerAsync() == Changes, TimeSpan.FromSeconds(5));
        }
        finally
        {
            await done.CancelAsync();
            await UndoAsync(before);
        }

        List<int> seen = await watch;
        string[] answers = [.. (await Task.WhenAll(load)).SelectMany(list => list)];
        output.WriteLine($"{answers.Length} requests; {seen.Distinct().Count()} of {Changes} changes were seen in force");
        Assert.All(answers, version => Assert.Contains(version, (string[])["v2", "v3"]));
        Assert.True(answers.Length > Changes);

        // A change that is not seen was superseded by a later one: what is in force never goes back.
        Assert.Equal(seen.Order(), seen);
        Assert.InRange(seen.Distinct().Count(), 10, Changes);
    }

    // Every change moves the marker and the split's weights; every fifth also adds a service, and the next takes it away.
    private async Task ChangeAsync(string reviews, int change)
    {
        await File.WriteAllTextAsync(Marker, MarkerRoute(change));
        await File.WriteAllTextAsync(Reviews, reviews.Replace("weight: 50", $"weight: {40 + (change % 20)}", StringComparison.Ordinal));
        string extra = Path.Combine(mesh.Yaml, "extra.yaml");
        if (change % 5 == 0)
            await File.WriteAllTextAsync(extra, "apiVersion: v1\nkind: Service\nmetadata: {name: extra}\nspec:\n  selector: {app: catalog}\n  ports: [{name: http, port: 9080}]\n");
        else
            File.Delete(extra);
    }

    private async Task UndoAsync(string reviews, params string[] files)
    {
        foreach (string file in (string[])["marker.yaml", "extra.yaml", .. files])
            File.Delete(Path.Combine(mesh.Yaml, file));
        await File.WriteAllTextAsync(Reviews, reviews);
    }

    private async Task<ClientWebSocket> ConnectAsync()
    {
        ClientWebSocket? connected = null;
        await RunningMesh.UntilAsync("the echo service takes a WebSocket", async () =>
        {
            ClientWebSocket socket = new();
            socket.Options.SetRequestHeader("Host", "echo.test");
            socket.Options.Proxy = null;
            using CancellationTokenSource limit = new(RunningMesh.Deadline);
            try
            {
                await socket.ConnectAsync(new UriBuilder(mesh.Ingress) { Scheme = "ws" }.Uri, limit.Token);
                connected = socket;
                return true;
            }
            catch (WebSocketException)
            {
                socket.Dispose();
                return false;
            }
        }, RunningMesh.Deadline);
        return connected!;
    }

    private static async Task EchoesAsync(ClientWebSocket socket, string text)
    {
        using CancellationTokenSource limit = new(RunningMesh.Deadline);
        byte[] buffer = new byte[256];
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, limit.Token);
        WebSocketReceiveResult received = await socket.ReceiveAsync(buffer, limit.Token);
        Assert.Equal(text, Encoding.UTF8.GetString(buffer, 0, received.Count));
    }

    private async Task<List<string>> LoadAsync(CancellationToken done)
    {
        List<string> answers = [];
        while (!done.IsCancellationRequested)
            answers.Add(await mesh.VersionAsync());
        return answers;
    }

    private async Task<List<int>> WatchAsync(CancellationToken done)
    {
        List<int> seen = [];
        while (!done.IsCancellationRequested)
        {
            // Before the first change there is no marker, and the shop answers.
            if (await MarkerAsync() is { } marker)
                seen.Add(marker);
            await Task.Delay(TimeSpan.FromMilliseconds(5), CancellationToken.None);
        }

        return seen;
    }

    /// <summary>The change that the ingress has in force.</summary>
    private async Task<int?> MarkerAsync()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, mesh.Ingress);
        request.Headers.Host = MarkerHost;
        using HttpResponseMessage response = await mesh.Client.SendAsync(request);
        return int.TryParse(await response.Content.ReadAsStringAsync(), NumberStyles.None, CultureInfo.InvariantCulture, out int change) ? change : null;
    }

    private static string MarkerRoute(int change) => $$$"""
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: marker}
        spec:
          hosts: [{{{MarkerHost}}}]
          gateways: [bookshop]
          http:
            - directResponse: {status: 200, body: {string: "{{{change}}}"}}
        """;

    private static string Echo() => $$$"""
        apiVersion: weft.dev/v1alpha1
        kind: Workload
        metadata: {name: echo, labels: {app: echo}}
        spec:
          workingDirectory: {{{Path.Combine(WeftInstallation.Checkout, "test", "Weft.Mesh.Tests", "Programs")}}}
          command: [python3, websocket_echo.py]
          ports: [{name: http, port: 9080}]
          health: {path: /}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: echo}
        spec:
          selector: {app: echo}
          ports: [{name: http, port: 9080}]
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: echo}
        spec:
          hosts: [echo.test]
          gateways: [bookshop]
          http:
            - route:
                - destination: {host: echo, port: {number: 9080}}
        """;
}
