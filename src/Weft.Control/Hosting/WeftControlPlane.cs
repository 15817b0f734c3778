using System.Net;
using System.Security.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Weft.Control.Authority;
using Weft.Control.Configuration;
using Weft.Control.Discovery.Serving;
using Weft.Identity;

namespace Weft.Control.Hosting;

/// <summary>
/// A whole control plane in one object: source, snapshots, xDS, authority and the local API. Start it with <see cref="StartAsync"/>; it
/// serves until it is disposed. Shutdown order: listeners, then streams, then the source, then the authority.
/// </summary>
public sealed class WeftControlPlane : IAsyncDisposable
{
    private readonly WebApplication _host;
    private readonly DirectorySource _source;
    private readonly CertificateAuthority _authority;
    private readonly ServerCertificate _certificate;
    private int _isDisposed;

    private WeftControlPlane(
        WebApplication host, DirectorySource source, SnapshotPublisher publisher, ProxyTable proxies, CertificateAuthority authority, ServerCertificate certificate)
    {
        _host = host;
        _source = source;
        Publisher = publisher;
        Proxies = proxies;
        _authority = authority;
        _certificate = certificate;
    }

    /// <summary>The snapshots that are served.</summary>
    public SnapshotPublisher Publisher { get; }

    /// <summary>The proxies and how far they are.</summary>
    public ProxyTable Proxies { get; }

    /// <summary>The xDS port in the clear, after port 0 was resolved.</summary>
    public int DiscoveryPort { get; private set; }

    /// <summary>The TLS port, after port 0 was resolved.</summary>
    public int SecurePort { get; private set; }

    /// <summary>What peers must trust.</summary>
    public TrustBundle TrustBundle => _authority.Bundle;

    /// <summary>Everything that is wrong with the configuration now.</summary>
    public SourceState Source => _source.State;

    /// <summary>
    /// Reads configuration, authority and registrations, then serves. Throws <see cref="IdentityException"/> or <see cref="IOException"/> with a
    /// sentence when it cannot.
    /// </summary>
    /// <param name="options">Settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="report">Takes each sentence that a person should read.</param>
    /// <param name="stop">Gives up starting.</param>
    public static async Task<WeftControlPlane> StartAsync(ControlPlaneOptions options, TimeProvider time, Action<string> report, CancellationToken stop = default)
    {
        DirectorySource source = new(options.Directory, time);
        SnapshotPublisher publisher = new(options.Mesh, options.Serving, time, report);
        publisher.SetConfig(ConfigSet.From(source.State.Objects));
        foreach (var registration in SavedRegistrations.Read(options.RegistrationsDirectory, report))
            publisher.Register(registration);
        string trustDomain = ConfigSet.From(source.State.Objects).Mesh.TrustDomain;
        CertificateAuthority authority = AuthorityFiles.LoadOrCreate(options.StateDirectory, trustDomain, time);
        WorkloadTokens tokens = new(TokenKeyFile.LoadOrCreate(options.StateDirectory), time);
        ServerCertificate certificate = new(authority, SpiffeId.ForWorkload(trustDomain, "istio-system", "istiod"), options.Address, time);
        ProxyTable proxies = new(options.Serving, time);

        WebApplication host = BuildHost(options, certificate, services =>
        {
            services.AddSingleton(provider => new DiscoveryService(
                publisher, proxies, new BearerTokens(tokens), time, provider.GetRequiredService<IHostApplicationLifetime>()));
            services.AddSingleton(new CertificateService(authority, new BearerTokens(tokens), report));
        });
        host.MapGrpcService<DiscoveryService>();
        host.MapGrpcService<CertificateService>();
        WeftControlPlane plane = new(host, source, publisher, proxies, authority, certificate);
        new LocalApi(plane, options, tokens, trustDomain).Map(host);

        FindingLog findings = new(report);
        findings.Write(source.State.Diagnostics);
        source.Changed += state =>
        {
            publisher.SetConfig(ConfigSet.From(state.Objects));
            findings.Write(state.Diagnostics);
        };
        publisher.Start();
        source.Start();
        await host.StartAsync(stop);
        plane.ResolvePorts();
        return plane;
    }

    /// <summary>Stops serving, at most once. Proxies keep what they have.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1)
            return;
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(5));
        await _host.StopAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _host.DisposeAsync();
        await _source.DisposeAsync();
        await Publisher.DisposeAsync();
        _certificate.Dispose();
        _authority.Dispose();
    }

    private static WebApplication BuildHost(ControlPlaneOptions options, ServerCertificate certificate, Action<IServiceCollection> add)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = options.StateDirectory });
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = 16 * 1024 * 1024;
            grpc.MaxSendMessageSize = null;
        });
        add(builder.Services);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(4));
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            IPAddress address = IPAddress.Parse(options.Address);
            kestrel.AddServerHeader = false;
            kestrel.Listen(address, options.DiscoveryPort, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(address, options.SecurePort, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.UseHttps(https =>
                {
                    https.ServerCertificateSelector = (_, _) => certificate.Get();
                    https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
                });
            });
            File.Delete(options.AdminSocket);
            kestrel.ListenUnixSocket(options.AdminSocket, listen => listen.Protocols = HttpProtocols.Http1);
            // A stream lives as long as its proxy.
            // Not for ever: Kestrel adds the span to a clock, and for ever overflows into at once.
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromDays(1);
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        });
        return builder.Build();
    }

    private void ResolvePorts()
    {
        ICollection<string> addresses = _host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        foreach (string address in addresses)
        {
            if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.Host.Length == 0 || uri.Port <= 0 || address.Contains("unix:", StringComparison.Ordinal))
                continue;
            if (uri.Scheme == "https")
                SecurePort = uri.Port;
            else
                DiscoveryPort = uri.Port;
        }
    }
}
