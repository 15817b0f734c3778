using System.Net;

namespace Weft.Mesh.Tests;

/// <summary>Services whose ports are named <c>grpc</c> and <c>grpc-web</c>: from the ingress through two proxies with mutual TLS, HTTP/2 all the way.</summary>
public sealed class GrpcPortTests(RunningMesh mesh) : IClassFixture<RunningMesh>
{
    private static readonly byte[] s_message = [0, 0, 0, 0, 3, 7, 8, 9];

    [Fact]
    public async Task Calls_ReachTheirServiceAndBrowsersTheirsByGrpcWeb()
    {
        await File.WriteAllTextAsync(Path.Combine(mesh.Yaml, "grpc.yaml"), Yaml());
        await RunningMesh.UntilAsync("the gRPC service answers", async () => (await CallAsync("grpc.test", "application/grpc")).Status == HttpStatusCode.OK, TimeSpan.FromSeconds(20));

        (_, byte[] body, string type, string trailer) = await CallAsync("grpc.test", "application/grpc");
        Assert.Equal(s_message, body);
        Assert.Equal(("application/grpc", "0 echoed"), (type, trailer));

        // Out of the gateway it goes as it came; the service's port translates.
        await RunningMesh.UntilAsync("the gRPC-Web service answers", async () => (await CallAsync("web.test", "application/grpc-web")).Type != "text/plain", TimeSpan.FromSeconds(20));
        (_, body, type, trailer) = await CallAsync("web.test", "application/grpc-web");
        Assert.Equal(("application/grpc-web+proto", ""), (type, trailer));
        Assert.Equal(s_message, body[..s_message.Length]);
        Assert.Equal(0x80, body[s_message.Length]);
        Assert.Contains("grpc-status: 0\r\n", System.Text.Encoding.ASCII.GetString(body), StringComparison.Ordinal);
    }

    private async Task<(HttpStatusCode Status, byte[] Body, string Type, string Trailer)> CallAsync(string host, string type)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(mesh.Ingress, "/echo.Echo/Say"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(s_message),
        };
        request.Headers.Host = host;
        request.Headers.Add("TE", "trailers");
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        using HttpResponseMessage response = await mesh.Client.SendAsync(request);
        byte[] body = await response.Content.ReadAsByteArrayAsync();
        string trailer = response.TrailingHeaders.TryGetValues("grpc-status", out IEnumerable<string>? status) ? $"{status.Single()} {response.TrailingHeaders.GetValues("grpc-message").Single()}" : "";
        return (response.StatusCode == HttpStatusCode.OK && !response.Headers.Contains("grpc-status") ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable, body, $"{response.Content.Headers.ContentType}", trailer);
    }

    private static string Yaml() => $$$"""
        apiVersion: weft.dev/v1alpha1
        kind: Workload
        metadata: {name: grpc-echo, labels: {app: grpc-echo}}
        spec:
          workingDirectory: {{{Path.Combine(WeftInstallation.Checkout, "test", "Weft.Mesh.Tests", "Programs")}}}
          command: [node, grpc_echo.js]
          ports: [{name: grpc, port: 9090}]
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: grpc-echo}
        spec:
          selector: {app: grpc-echo}
          ports: [{name: grpc, port: 9090}]
        ---
        apiVersion: weft.dev/v1alpha1
        kind: Workload
        metadata: {name: web-echo, labels: {app: web-echo}}
        spec:
          workingDirectory: {{{Path.Combine(WeftInstallation.Checkout, "test", "Weft.Mesh.Tests", "Programs")}}}
          command: [node, grpc_echo.js]
          ports: [{name: grpc-web, port: 9091}]
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web-echo}
        spec:
          selector: {app: web-echo}
          ports: [{name: grpc-web, port: 9091}]
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: grpc-echo}
        spec:
          hosts: [grpc.test]
          gateways: [bookshop]
          http:
            - route: [{destination: {host: grpc-echo, port: {number: 9090} }}]
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: web-echo}
        spec:
          hosts: [web.test]
          gateways: [bookshop]
          http:
            - route: [{destination: {host: web-echo, port: {number: 9091} }}]
        """;
}
