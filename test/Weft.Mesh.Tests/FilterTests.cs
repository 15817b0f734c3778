using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace Weft.Mesh.Tests;

/// <summary>What a VirtualService asks of the proxies besides routing: faults, cross-origin answers, mirrors.</summary>
public sealed class FilterTests(RunningMesh mesh) : IClassFixture<RunningMesh>
{
    private static readonly TimeSpan InForce = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task FaultsAndCors_AreEnforcedAtTheIngress()
    {
        await ChangeAsync("ingress.yaml", text => text.Replace(
            """
              http:
                - match:
                    - uri: {prefix: /}
            """,
            """
              http:
                - match:
                    - headers: {chaos: {exact: abort}}
                  route: [{destination: {host: storefront, port: {number: 9080}}}]
                  fault: {abort: {httpStatus: 418, percentage: {value: 100}}}
                - match:
                    - headers: {chaos: {exact: delay}}
                  route: [{destination: {host: storefront, port: {number: 9080}}}]
                  fault: {delay: {fixedDelay: 0.5s, percentage: {value: 100}}}
                - match:
                    - uri: {prefix: /}
                  corsPolicy:
                    allowOrigins: [{exact: https://shop.test}, {regex: "https://[a-z]+\\.dev\\.test"}]
                    allowMethods: [GET, PUT]
                    allowHeaders: [x-cart]
                    exposeHeaders: [x-total]
                    maxAge: 1h
                    allowCredentials: true
                    unmatchedPreflights: IGNORE
            """,
            StringComparison.Ordinal));
        await RunningMesh.UntilAsync("the fault is in force", async () => (await AskAsync(HttpMethod.Get, ("chaos", "abort"))).Status == 418, InForce);

        long start = Stopwatch.GetTimestamp();
        Assert.Equal(200, (await AskAsync(HttpMethod.Get, ("chaos", "delay"))).Status);
        Assert.True(Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(0.45));
        Assert.Equal(200, (await AskAsync(HttpMethod.Get)).Status);

        (int status, string headers) = await AskAsync(HttpMethod.Options, ("Origin", "https://a.dev.test"), ("Access-Control-Request-Method", "PUT"));
        Assert.Equal(200, status);
        Assert.Contains("Access-Control-Allow-Origin: https://a.dev.test\r\n", headers, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Access-Control-Allow-Methods: GET,PUT\r\n", headers, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Access-Control-Allow-Headers: x-cart\r\n", headers, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Access-Control-Max-Age: 3600\r\n", headers, StringComparison.OrdinalIgnoreCase);
        (status, headers) = await AskAsync(HttpMethod.Options, ("Origin", "https://evil.test"), ("Access-Control-Request-Method", "PUT"));
        Assert.Equal(200, status);
        Assert.DoesNotContain("Access-Control", headers, StringComparison.OrdinalIgnoreCase);
        (_, headers) = await AskAsync(HttpMethod.Get, ("Origin", "https://shop.test"));
        Assert.Contains("Access-Control-Allow-Origin: https://shop.test\r\n", headers, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Access-Control-Expose-Headers: x-total\r\n", headers, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Mirrors_GetTheirSharesAndNobodyNotices()
    {
        const string All = "outbound|9080|v1|reviews.default.svc.cluster.local", Tenth = "outbound|9080||ratings.default.svc.cluster.local";
        const int Requests = 2_000;
        await ChangeAsync("reviews.yaml", text => text.Replace(
            "    - name: split\n",
            """
                - name: split
                  mirrors:
                    - {destination: {host: reviews, subset: v1}}
                    - {destination: {host: nowhere}}
                    - {destination: {host: ratings}, percentage: {value: 10}}

            """,
            StringComparison.Ordinal));
        await RunningMesh.UntilAsync("the mirror is in force", async () => await mesh.VersionAsync() is "v2" or "v3" && await RequestsAsync(All) > 0, InForce);
        long before = await RequestsAsync(All), share = await RequestsAsync(Tenth);

        for (int request = 0; request < Requests; request++)
            Assert.Contains(await mesh.VersionAsync(), (string[])["v2", "v3"]);

        await RunningMesh.UntilAsync("every copy is sent", async () => await RequestsAsync(All) - before >= Requests, InForce);
        Assert.Equal(Requests, await RequestsAsync(All) - before);
        // Seven standard deviations of Binomial(2,000, 0.1): 200 ± 7 · 13.4.
        Assert.InRange(await RequestsAsync(Tenth) - share, 200 - 94, 200 + 94);
        Assert.Equal(0, (await mesh.WeftAsync("status")).Code);
    }

    private async Task ChangeAsync(string file, Func<string, string> change)
    {
        string path = Path.Combine(mesh.Yaml, file), before = await File.ReadAllTextAsync(path), after = change(before);
        Assert.NotEqual(before, after);
        await File.WriteAllTextAsync(path, after);
    }

    private async Task<(int Status, string Headers)> AskAsync(HttpMethod method, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(method, new Uri(mesh.Ingress, "/api/books/1"));
        foreach ((string name, string value) in headers)
            request.Headers.Add(name, value);
        using HttpResponseMessage response = await mesh.Client.SendAsync(request);
        Assert.NotEqual(HttpStatusCode.BadGateway, response.StatusCode);
        return ((int)response.StatusCode, response.Headers.ToString().ReplaceLineEndings("\r\n"));
    }

    /// <summary>How many requests the storefront's proxy sent to a cluster, mirrored ones included.</summary>
    private async Task<long> RequestsAsync(string cluster)
    {
        JsonElement storefront = await mesh.WorkloadAsync("storefront");
        string stats = await mesh.Client.GetStringAsync($"http://{storefront.GetProperty("adminAddress").GetString()}/stats?usedonly");
        string? line = stats.Split('\n').FirstOrDefault(line => line.StartsWith($"cluster.{cluster}.upstream_rq_total: ", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }
}
