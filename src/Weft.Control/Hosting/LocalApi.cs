using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Istio.Networking.Nds.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Weft.Control.Configuration;
using Weft.Control.Discovery.Registry;
using Weft.Control.Discovery.Serving;
using Weft.Control.Discovery.Translation;
using Weft.Identity;
using Weft.Resources;
using Weft.Resources.Analysis;
using Weft.Xds;

namespace Weft.Control.Hosting;

/// <summary>
/// The API for this machine's owner, HTTP over a Unix socket that only the owner can open; on the network ports it does not exist.
/// <list type="bullet">
/// <item><c>GET /v1/ready</c> 200 once it serves.</item>
/// <item><c>PUT|DELETE /v1/workloads/NAMESPACE/NAME</c> registers a running process and answers its token, or removes it.</item>
/// <item><c>GET /v1/names?namespace=&amp;workload=&amp;loopback=</c> services as a workload reaches them.</item>
/// <item><c>GET /v1/proxies</c>, <c>GET /v1/config?node=</c> state and configuration of proxies.</item>
/// <item><c>GET /v1/resources</c>, <c>GET /v1/diagnostics</c> what is in force and what is wrong.</item>
/// </list>
/// </summary>
internal sealed class LocalApi(WeftControlPlane plane, ControlPlaneOptions options, WorkloadTokens tokens, string trustDomain)
{
    private static readonly TimeSpan InForceLimit = TimeSpan.FromSeconds(2);

    /// <summary>Adds the routes.</summary>
    public void Map(WebApplication host)
    {
        host.Use(static (context, next) =>
        {
            // A connection over a Unix socket has no IP address.
            if (context.Connection.LocalIpAddress is null || !context.Request.Path.StartsWithSegments("/v1"))
                return next(context);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
        host.MapGet("/v1/ready", static context => context.Response.WriteAsync("ready\n"));
        host.MapPut("/v1/workloads/{ns}/{name}", RegisterAsync);
        host.MapDelete("/v1/workloads/{ns}/{name}", Unregister);
        host.MapGet("/v1/names", context => WriteAsync(context, Names(context.Request.Query), LocalApiJson.Default.NameReplyArray));
        host.MapGet("/v1/proxies", context => WriteAsync(context, [.. plane.Proxies.All().Select(ToReply)], LocalApiJson.Default.ProxyReplyArray));
        host.MapGet("/v1/config", WriteConfigAsync);
        host.MapGet("/v1/resources", context => WriteAsync(context, Resources(), LocalApiJson.Default.ResourceReplyArray));
        host.MapGet("/v1/diagnostics", context => WriteAsync(context, [.. Findings().Select(ToReply)], LocalApiJson.Default.DiagnosticReplyArray));
    }

    private async Task RegisterAsync(HttpContext context)
    {
        WorkloadRegistration? registration;
        SpiffeId identity;
        try
        {
            registration = await RegistrationJson.ReadAsync(context.Request.Body, context.RequestAborted);
            if (registration is null || registration.Name != Route(context, "name") || registration.Namespace != Route(context, "ns"))
                throw new FormatException("The body must be a registration whose name and namespace are those of the path.");
            identity = SpiffeId.ForWorkload(trustDomain, registration.Namespace, registration.ServiceAccount);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsync(e.Message);
            return;
        }

        bool isNews = plane.Publisher.Register(registration);
        if (isNews && registration.Healthy)
            await InForceAsync(context.RequestAborted);
        await WriteAsync(context, new RegistrationReply(tokens.Issue(identity, options.TokenLife), identity.ToString()), LocalApiJson.Default.RegistrationReply);
    }

    // Who was told that a workload is ready calls it at once, so the answer waits until every connected proxy knows its endpoint: a push or two, some milliseconds. A
    // proxy that refuses something or has died does not hold it up for longer than the bound.
    private async Task InForceAsync(CancellationToken aborted)
    {
        string version = plane.Publisher.PublishNow().Version;
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        limit.CancelAfter(InForceLimit);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(5));
        try
        {
            while (plane.Proxies.All().Any(proxy => proxy.Connected && !(proxy.Synced && IsAtLeast(proxy.Version, version))))
                await timer.WaitForNextTickAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            // The proxies that are behind are seen in the status.
        }
    }

    // Versions of one control plane end with a growing number.
    private static bool IsAtLeast(string? version, string wanted) =>
        version is not null && (version.Length > wanted.Length || (version.Length == wanted.Length && string.CompareOrdinal(version, wanted) >= 0));

    private Task Unregister(HttpContext context)
    {
        bool removed = plane.Publisher.Unregister(Route(context, "ns"), Route(context, "name"));
        context.Response.StatusCode = removed ? StatusCodes.Status204NoContent : StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    // What was registered a moment ago must be in the answer, so the snapshot is made now.
    private NameReply[] Names(IQueryCollection query)
    {
        ProxyDescription proxy = new()
        {
            Namespace = query["namespace"].ToString() is { Length: > 0 } ns ? ns : "default",
            Name = query["workload"].ToString(),
            LoopbackPrefix = query["loopback"].ToString() is { Length: > 0 } prefix ? prefix : null,
            DnsCapture = true,
        };
        PublishedSnapshot published = plane.Publisher.PublishNow();
        NameTable table = NameTables.Build(published.Snapshot, proxy);
        List<NameReply> names = [];
        foreach (ServiceModel service in published.Snapshot.ServicesVisibleTo(proxy.Namespace))
        {
            if (!table.Table.TryGetValue(service.Hostname, out NameTable.Types.NameInfo? info))
                continue;
            Dictionary<string, int> ports = service.Ports.DistinctBy(PortName).ToDictionary(PortName, port => port.Number);
            names.Add(new NameReply(service.Hostname, [.. info.AltHosts], info.Ips[0], ports));
        }

        return [.. names];
    }

    private async Task WriteConfigAsync(HttpContext context)
    {
        string node = context.Request.Query["node"].ToString();
        ProxyStream? stream = plane.Proxies.Find(node);
        if (stream is not { Description: { } description })
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            await context.Response.WriteAsync($"No proxy `{node}` is connected.");
            return;
        }

        PublishedSnapshot published = stream.Published ?? plane.Publisher.Current;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(ConfigDump.Build(published.Snapshot, description).ToJsonString());
    }

    private ResourceReply[] Resources() =>
    [
        .. plane.Source.Objects.Select(item =>
            new ResourceReply(item.ApiVersion, item.Kind, item.Namespace, item.Name, item.File, item.Line, item.Definition.IsEnforced)),
    ];

    // What is wrong with single objects, and what does not fit between those in force.
    private IEnumerable<Diagnostic> Findings()
    {
        SourceState state = plane.Source;
        return state.Diagnostics.Concat(Analyzer.Analyze(state.Objects));
    }

    private static ProxyReply ToReply(ProxyStatus status) => new(
        status.NodeId,
        status.Connected,
        status.Synced,
        status.Version,
        status.Errors,
        [.. status.Types.Select(type => new ProxyTypeReply(
            XdsTypeUrls.ShortName(type.TypeUrl), type.State.ToString(), type.ResourceCount, type.SentVersion, type.AcknowledgedVersion, type.Error))]);

    private static DiagnosticReply ToReply(Diagnostic finding) => new(
        finding.Code, finding.Level.ToString().ToLowerInvariant(), finding.Kind, finding.Namespace, finding.Name, finding.File, finding.Line, finding.Column,
        finding.Message, finding.Hint);

    private static string PortName(PortModel port) =>
        port.Name.Length > 0 ? port.Name : port.Number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string Route(HttpContext context, string key) => context.Request.RouteValues[key]?.ToString() ?? "";

    private static Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, value, type, context.RequestAborted);
    }
}
