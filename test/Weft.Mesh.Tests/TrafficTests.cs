using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Weft.Mesh.Tests;

/// <summary>What goes through a mesh that nothing disturbs.</summary>
public sealed class TrafficTests(RunningMesh mesh, ITestOutputHelper output) : IClassFixture<RunningMesh>
{
    [Fact]
    public async Task TheMesh_IsReadyInSecondsAndInSync()
    {
        output.WriteLine($"ready in {mesh.TimeToReady.TotalSeconds:0.00} s");
        Assert.InRange(mesh.TimeToReady.TotalSeconds, 0, 15);
        await RunningMesh.UntilAsync("every proxy is in sync", async () => (await mesh.StatusAsync()).GetProperty("workloads").EnumerateArray().All(workload =>
            workload.GetProperty("state").GetString() == "Ready" && workload.GetProperty("proxySynced").GetBoolean()), TimeSpan.FromSeconds(10));
        JsonElement[] workloads = [.. (await mesh.StatusAsync()).GetProperty("workloads").EnumerateArray()];
        Assert.Equal(7, workloads.Length);
        Assert.Contains(workloads, workload => workload.GetProperty("identity").GetString() == "spiffe://cluster.local/ns/default/sa/bookshop-reviews");
        Assert.Equal(0, (await mesh.WeftAsync("status")).Code);
    }

    [Fact]
    public async Task TheShop_IsServedThroughTheIngressTwoLevelsDeep()
    {
        string page = await mesh.Client.GetStringAsync(mesh.Ingress);
        Assert.Contains("The Odyssey", page, StringComparison.Ordinal);
        JsonElement book = JsonDocument.Parse(await mesh.Client.GetStringAsync(new Uri(mesh.Ingress, "/api/books/1"))).RootElement;
        Assert.Equal("Homer", book.GetProperty("book").GetProperty("author").GetString());
        Assert.Equal(5, book.GetProperty("reviews").GetProperty("reviews")[0].GetProperty("rating").GetProperty("stars").GetInt32());
    }

    [Fact]
    public async Task AHeader_ChoosesTheSubset()
    {
        for (int request = 0; request < 20; request++)
            Assert.Equal("v1", await mesh.VersionAsync(endUser: "tester"));
    }

    [Fact]
    public async Task HalfAndHalf_LiesWithinTheBinomialInterval()
    {
        const int Requests = 10_000;
        int second = 0, third = 0, other = 0, asked = 0;
        await Task.WhenAll(Enumerable.Range(0, 32).Select(async _ =>
        {
            while (Interlocked.Increment(ref asked) <= Requests)
            {
                string version = await mesh.VersionAsync();
                if (version == "v2")
                    Interlocked.Increment(ref second);
                else if (version == "v3")
                    Interlocked.Increment(ref third);
                else
                    Interlocked.Increment(ref other);
            }
        }));

        // 99.9 % of Binomial(10,000, 1/2): 5,000 ± 3.29 · 50.
        output.WriteLine($"v2 {second}, v3 {third}, other {other}");
        Assert.Equal(0, other);
        Assert.Equal(Requests, second + third);
        Assert.InRange(second, 5000 - 165, 5000 + 165);
    }

    [Fact]
    public async Task AnInboundPort_ShowsTheSpiffeIdentityToOpenssl()
    {
        JsonElement reviews = await mesh.WorkloadAsync("reviews-v2");
        string address = $"{reviews.GetProperty("address").GetString()}:{reviews.GetProperty("ports")[0].GetInt32()}";
        string certificate = await ShellAsync($"openssl s_client -connect {address} -alpn istio </dev/null 2>/dev/null | openssl x509 -noout -text");
        Assert.Contains("URI:spiffe://cluster.local/ns/default/sa/bookshop-reviews", certificate, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PlainHttp_IsRefusedByAStrictService()
    {
        JsonElement reviews = await mesh.WorkloadAsync("reviews-v2");
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(10));
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(reviews.GetProperty("address").GetString()!), reviews.GetProperty("ports")[0].GetInt32()), limit.Token);
        await socket.SendAsync(Encoding.ASCII.GetBytes("GET /reviews/1 HTTP/1.1\r\nHost: reviews\r\n\r\n"), limit.Token);
        byte[] buffer = new byte[4096];
        int received = 0;
        try
        {
            received = await socket.ReceiveAsync(buffer, limit.Token);
        }
        catch (SocketException)
        {
            // A reset is a refusal too.
        }

        Assert.DoesNotContain("200", Encoding.ASCII.GetString(buffer, 0, received), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServicesAreReached_ByNameAndThroughTheHttpProxy()
    {
        JsonElement storefront = await mesh.WorkloadAsync("storefront");
        string proxy = $"http://{storefront.GetProperty("address").GetString()}:15080";
        using HttpClient through = new(new SocketsHttpHandler { Proxy = new WebProxy(proxy) });
        Assert.Contains("Homer", await through.GetStringAsync("http://catalog:9080/books/1"), StringComparison.Ordinal);
        Assert.Contains("Homer", await through.GetStringAsync("http://catalog.default.svc.cluster.local:9080/books/1"), StringComparison.Ordinal);
        string hosts = await File.ReadAllTextAsync(Path.Combine(mesh.State, "workloads", "default.storefront", "hosts"));
        string address = hosts.Split('\n').Single(line => line.Split('\t', ' ').Contains("catalog")).Split('\t')[0];
        Assert.Contains("Homer", await mesh.Client.GetStringAsync($"http://{address}:9080/books/1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_AreThereByServiceAndByWorkload()
    {
        await mesh.Client.GetStringAsync(mesh.Ingress);
        (int code, string text, _) = await mesh.WeftAsync("logs", "catalog");
        Assert.Equal(0, code);
        Assert.Contains("catalog listens on", text, StringComparison.Ordinal);
        Assert.Contains("reviews v2", (await mesh.WeftAsync("logs", "reviews")).Out, StringComparison.Ordinal);
        Assert.Equal(1, (await mesh.WeftAsync("logs", "nobody")).Code);
    }

    [Fact]
    public async Task OneMoreProcess_IsMeshedByRun()
    {
        int port = RunningMesh.FreePort();
        using Process run = mesh.Start(["run", "--name", "extra", "--port", $"{port}", "--", "python3", "-m", "http.server", $"{port}", "--bind", "127.0.0.1", "--directory", mesh.Yaml]);
        JsonElement storefront = await mesh.WorkloadAsync("storefront");
        using HttpClient through = new(new SocketsHttpHandler { Proxy = new WebProxy($"http://{storefront.GetProperty("address").GetString()}:15080") });
        await RunningMesh.UntilAsync("extra answers", async () =>
        {
            using HttpResponseMessage response = await through.GetAsync($"http://extra:{port}/reviews.yaml");
            return response.StatusCode == HttpStatusCode.OK;
        }, TimeSpan.FromSeconds(15));
        RunningMesh.Signal(run.Id, "INT");
        await run.WaitForExitAsync().WaitAsync(RunningMesh.Deadline);
    }

    [Fact]
    public async Task Run_EndsWithItsProgramsCode()
    {
        using Process run = mesh.Start(["run", "--name", "job", "--", "sh", "-c", "exit 42"]);
        await run.WaitForExitAsync().WaitAsync(RunningMesh.Deadline);
        Assert.Equal(42, run.ExitCode);
    }

    private static async Task<string> ShellAsync(string command)
    {
        using Process process = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { RedirectStandardOutput = true })!;
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(10));
        string text = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return text;
    }
}
