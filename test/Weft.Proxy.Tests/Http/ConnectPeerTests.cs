using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Weft.Proxy.Model;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Http2;
using Weft.Proxy.Tests.Tls;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Tests.Http;

/// <summary>The proxy as curl's proxy (<c>--proxytunnel</c>), in front of plain and TLS targets of both protocols, alone and with another hop behind it.</summary>
public sealed class ConnectPeerTests
{
    private static readonly TestAuthority s_authority = new();

    [Theory]
    [InlineData(false, false, null)]
    [InlineData(false, true, null)]
    [InlineData(true, false, null)]
    [InlineData(true, true, null)]
    [InlineData(true, true, UpstreamProtocol.Http1)]
    [InlineData(true, true, UpstreamProtocol.Http2)]
    [InlineData(false, false, UpstreamProtocol.Http2)]
    public async Task Curl_ReachesItsTargetThroughTheTunnel(bool tls, bool http2, UpstreamProtocol? hop)
    {
        TlsCertificate certificate = s_authority.Issue(new LeafWishes { DnsNames = ["shop.example"] });
        using X509Certificate2? own = tls ? X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(certificate.Chain.Span), Encoding.ASCII.GetString(certificate.PrivateKey.Span)) : null;
        await using KestrelUpstream target = await KestrelUpstream.StartAsync(
            static async context =>
            {
                using StreamReader reader = new(context.Request.Body);
                await context.Response.WriteAsync($"{context.Request.Method} {context.Request.Host.Host}{context.Request.Path} {await reader.ReadToEndAsync()} ");
            },
            http2 ? HttpProtocols.Http2 : HttpProtocols.Http1,
            own);
        await using ProxyUnderTest last = Http1ConnectTests.Start(Http1ConnectTests.EndsHere, target.Port);
        await using ProxyUnderTest? first = hop is { } protocol ? Http1ConnectTests.Start(Http1ConnectTests.HandsOn, last.Port, protocol) : null;
        string version = !http2 ? "--http1.1" : tls ? "--http2" : "--http2-prior-knowledge", url = $"{(tls ? "https" : "http")}://shop.example:{target.Port}";
        // This curl cannot use a connection of HTTP/2 by prior knowledge a second time when it is behind a proxy.
        bool twice = tls || !http2;
        (int exit, string output) = await CurlAsync(
            $"--silent --show-error --insecure {version} --proxytunnel -x http://127.0.0.1:{(first ?? last).Port} --data-binary some-body -w %{{http_version}}/%{{num_connects}}; {url}/one{(twice ? $" {url}/two" : "")}");
        string spoken = http2 ? "2" : "1.1";
        Assert.Equal((0, $"POST shop.example/one some-body {spoken}/1;{(twice ? $"POST shop.example/two some-body {spoken}/0;" : "")}"), (exit, output));
        Assert.Equal(1, target.Connections);
    }

    [Fact]
    public async Task Curl_IsToldWhyThereIsNoTunnel()
    {
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(1));
        (int exit, string output) = await CurlAsync($"--silent --show-error --proxytunnel -x http://127.0.0.1:{proxy.Port} -w %{{http_connect}} http://shop.example:80/");
        Assert.NotEqual(0, exit);
        Assert.StartsWith("404", output, StringComparison.Ordinal);
    }

    private static async Task<(int Exit, string Output)> CurlAsync(string arguments)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(60));
        using Process curl = Process.Start(new ProcessStartInfo("curl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = curl.StandardOutput.ReadToEndAsync(deadline.Token), error = curl.StandardError.ReadToEndAsync(deadline.Token);
        await curl.WaitForExitAsync(deadline.Token);
        return (curl.ExitCode, await output + await error);
    }
}
