using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Weft.Cli.Supervision;

/// <summary>
/// The supervisor's API: HTTP over a Unix socket that only the mesh's owner can open (the state directory is 0700).
/// <c>GET /v1/mesh</c>, <c>GET /v1/logs</c> and <c>POST /v1/restart</c> (a JSON object a line), <c>POST /v1/stop</c>.
/// </summary>
public sealed class SupervisorApi : IAsyncDisposable
{
    private readonly WebApplication _application;

    private SupervisorApi(WebApplication application) => _application = application;

    /// <summary>Starts to serve.</summary>
    public static async Task<SupervisorApi> StartAsync(
        StateDirectory state, LogHub logs, Func<CancellationToken, Task<MeshReport>> report, Func<string, Func<string, bool>?> sources,
        Func<IReadOnlyList<string>, CancellationToken, IAsyncEnumerable<ProxyReplacement>?> replace, Action stop)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = state.Path });
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(state.SupervisorSocket));
        WebApplication application = builder.Build();

        RequestDelegate mesh = async context => await Results.Json(await report(context.RequestAborted), SupervisionJson.Default.MeshReport).ExecuteAsync(context);
        RequestDelegate end = context =>
        {
            stop();
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            return Task.CompletedTask;
        };
        application.MapGet("/v1/mesh", mesh);
        application.MapGet("/v1/logs", context => SendLogsAsync(context, logs, sources));
        application.MapPost("/v1/restart", context => ReplaceAsync(context, replace));
        application.MapPost("/v1/stop", end);
        await application.StartAsync();
        return new SupervisorApi(application);
    }

    /// <summary>Ends; followers of logs are cut off.</summary>
    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource limit = new(TimeSpan.FromMilliseconds(200));
        try
        {
            await _application.StopAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // A follower was still connected.
        }

        await _application.DisposeAsync();
    }

    private static async Task ReplaceAsync(HttpContext context, Func<IReadOnlyList<string>, CancellationToken, IAsyncEnumerable<ProxyReplacement>?> replace)
    {
        CancellationToken gone = context.RequestAborted;
        string[] services = [.. context.Request.Query["service"].OfType<string>()];
        if (replace(services, gone) is not { } replacements)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            await context.Response.WriteAsync($"Not all of {string.Join(", ", services)} run in this mesh, so no proxy was replaced; 'weft status' lists what runs.", gone);
            return;
        }

        context.Response.ContentType = "application/x-ndjson";
        await context.Response.StartAsync(gone);
        try
        {
            await foreach (ProxyReplacement replacement in replacements)
            {
                await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(replacement, LineJson.Default.ProxyReplacement), gone);
                await context.Response.Body.WriteAsync("\n"u8.ToArray(), gone);
                await context.Response.Body.FlushAsync(gone);
            }
        }
        catch (OperationCanceledException)
        {
            // Whoever asked has gone: what was replaced stays replaced.
        }
    }

    private static async Task SendLogsAsync(HttpContext context, LogHub logs, Func<string, Func<string, bool>?> sources)
    {
        IQueryCollection query = context.Request.Query;
        string? service = query["service"];
        Func<string, bool>? wanted = service is null ? static _ => true : sources(service);
        if (wanted is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            await context.Response.WriteAsync($"Nothing called '{service}' runs in this mesh; 'weft status' lists what does.");
            return;
        }

        string part = (string?)query["part"] ?? "app";
        int last = int.TryParse(query["last"], NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : 100;
        bool Accept(string source, string of) => wanted(source) && (part == "all" || of == part);
        context.Response.ContentType = "application/x-ndjson";
        await context.Response.StartAsync();
        CancellationToken gone = context.RequestAborted;
        try
        {
            if (query["follow"] != "true")
            {
                foreach (LogLine line in logs.Last(last, Accept))
                    await SendAsync(context, line, gone);
                return;
            }

            await foreach (LogLine line in logs.FollowAsync(last, Accept, gone))
            {
                await SendAsync(context, line, gone);
                await context.Response.Body.FlushAsync(gone);
            }
        }
        catch (OperationCanceledException)
        {
            // The reader has gone.
        }
    }

    private static async Task SendAsync(HttpContext context, LogLine line, CancellationToken stop)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(line, LineJson.Default.LogLine);
        await context.Response.Body.WriteAsync(json, stop);
        await context.Response.Body.WriteAsync("\n"u8.ToArray(), stop);
    }
}
