using System.Net;
using System.Text.Json;
using Weft.Cli.Supervision;

namespace Weft.Cli.Client;

/// <summary>Asks the supervisor of a running mesh; every failure is a sentence.</summary>
public sealed class SupervisorClient(StateDirectory state) : IDisposable
{
    private readonly HttpClient _client = UnixHttp.Connect(state.SupervisorSocket, Timeout.InfiniteTimeSpan);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    /// <summary>What runs.</summary>
    public async Task<MeshReport> ReportAsync(CancellationToken stop)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Deadline);
        return await AskAsync("reading the mesh's state", async token =>
        {
            using HttpResponseMessage response = await _client.GetAsync("/v1/mesh", token);
            await using Stream body = await response.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(token);
            return await JsonSerializer.DeserializeAsync(body, SupervisionJson.Default.MeshReport, token)
                ?? throw new JsonException("the answer is empty");
        }, limit.Token, stop);
    }

    /// <summary>Asks the mesh to stop; returns at once.</summary>
    public Task StopAsync(CancellationToken stop) => AskAsync("stopping the mesh", async token =>
    {
        using HttpResponseMessage response = await _client.PostAsync("/v1/stop", null, token);
        return response.EnsureSuccessStatusCode();
    }, stop, stop);

    /// <summary>Has proxies replaced one after the other, those of the services or all; each is told as it is done. Ends at the first that could not be replaced.</summary>
    public async IAsyncEnumerable<ProxyReplacement> ReplaceProxiesAsync(IReadOnlyList<string> services, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, $"/v1/restart?{string.Join('&', services.Select(service => $"service={Uri.EscapeDataString(service)}"))}");
        using HttpResponseMessage response = await AskAsync(
            "restarting proxies", token => _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token), stop, stop);
        if (response.StatusCode == HttpStatusCode.NotFound)
            throw new CliException(await response.Content.ReadAsStringAsync(stop), ExitCode.Problems);
        using StreamReader reader = new(await response.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(stop));
        while (await AskAsync("restarting proxies", async token => await reader.ReadLineAsync(token), stop, stop) is { } text)
        {
            if (JsonSerializer.Deserialize(text, LineJson.Default.ProxyReplacement) is { } replacement)
                yield return replacement;
        }
    }

    /// <summary>Log lines of one service or workload, or of all when null; with <paramref name="follow"/> it goes on until cancelled.</summary>
    public async IAsyncEnumerable<LogLine> LogsAsync(
        string? service, string part, int last, bool follow, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        string query = $"/v1/logs?part={part}&last={last}&follow={(follow ? "true" : "false")}{(service is null ? "" : $"&service={Uri.EscapeDataString(service)}")}";
        using HttpResponseMessage response = await AskAsync(
            "reading logs", token => _client.GetAsync(query, HttpCompletionOption.ResponseHeadersRead, token), stop, stop);
        if (response.StatusCode == HttpStatusCode.NotFound)
            throw new CliException(await response.Content.ReadAsStringAsync(stop), ExitCode.Problems);
        using StreamReader reader = new(await response.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(stop));
        while (await reader.ReadLineAsync(stop) is { } text)
        {
            if (JsonSerializer.Deserialize(text, LineJson.Default.LogLine) is { } line)
                yield return line;
        }
    }

    /// <summary>Closes the connection.</summary>
    public void Dispose() => _client.Dispose();

    private static async Task<T> AskAsync<T>(string purpose, Func<CancellationToken, Task<T>> ask, CancellationToken limit, CancellationToken stop)
    {
        try
        {
            return await ask(limit);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new CliException($"Timed out after {Deadline.TotalSeconds:0} s while {purpose}: the supervisor does not answer.");
        }
        catch (Exception error) when (error is HttpRequestException or IOException or JsonException)
        {
            throw new CliException($"The mesh's supervisor cannot be asked ({purpose}): {error.Message}", inner: error);
        }
    }
}
