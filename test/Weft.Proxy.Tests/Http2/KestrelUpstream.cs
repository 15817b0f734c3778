using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Weft.Proxy.Model;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Http2;

/// <summary>A real upstream of HTTP/2: Kestrel, plain by prior knowledge or over TLS.</summary>
internal sealed class KestrelUpstream : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, int> _connections = new();
    private int _requests;

    private KestrelUpstream(WebApplication app) => _app = app;

    public int Port { get; private set; }

    /// <summary>How many connections brought requests.</summary>
    public int Connections => _connections.Count;

    public int Requests => Volatile.Read(ref _requests);

    public static async Task<KestrelUpstream> StartAsync(
        RequestDelegate handler, HttpProtocols protocols = HttpProtocols.Http2, X509Certificate2? certificate = null, Action<KestrelServerOptions>? configure = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddConnections();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            configure?.Invoke(kestrel);
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = protocols;
                if (certificate is not null) listen.UseHttps(certificate);
            });
        });
        builder.WebHost.UseKestrelHttpsConfiguration();
        WebApplication app = builder.Build();
        var upstream = new KestrelUpstream(app);
        app.UseWebSockets();
        app.Run(context =>
        {
            Interlocked.Increment(ref upstream._requests);
            upstream._connections.AddOrUpdate(context.Connection.Id, 1, (_, count) => count + 1);
            return handler(context);
        });
        await app.StartAsync();
        upstream.Port = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
        return upstream;
    }

    /// <summary>Answers with the request's body, once it is whole, and its length when that was given: a client may take nothing before it has sent everything.</summary>
    public static async Task EchoAsync(HttpContext context)
    {
        context.Response.ContentLength = context.Request.ContentLength;
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        await context.Response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length), context.RequestAborted);
    }

    public static Task HelloAsync(HttpContext context) => context.Response.WriteAsync("hello");

    /// <summary>A cluster that speaks HTTP/2 with these ports.</summary>
    public static ClusterModel Cluster(params int[] ports) => new()
    {
        Name = "upstream",
        ConnectTimeout = TimeSpan.FromSeconds(2),
        Protocol = UpstreamProtocol.Http2,
        Endpoints = ProxyUnderTest.Endpoints(ports),
    };

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
    }
}
