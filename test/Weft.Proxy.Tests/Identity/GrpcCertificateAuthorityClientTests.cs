using Grpc.Core;
using Istio.V1.Auth;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Weft.Proxy.Identity;
using Weft.Proxy.Tests.Tls;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Tests.Identity;

/// <summary>The CSR API over a real socket: gRPC on Kestrel with TLS, as the control plane serves it.</summary>
public sealed class GrpcCertificateAuthorityClientTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("weft-csr-").FullName;
    private readonly TestAuthority root = new("mesh root");
    private WebApplication server = null!;
    private Uri address = null!;

    private string TokenFile => Path.Combine(folder, "token");

    private string RootFile => Path.Combine(folder, "root.pem");

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(TokenFile, "good-token\n");
        await File.WriteAllBytesAsync(RootFile, root.Pem.ToArray());
        TlsCertificate own = root.Issue(new LeafWishes { DnsNames = ["localhost"] });
        X509Certificate2 certificate = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(own.Chain.Span), Encoding.ASCII.GetString(own.PrivateKey.Span));
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(new SigningAuthority(root, TimeProvider.System));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.UseHttps(certificate);
        }));
        builder.WebHost.UseKestrelHttpsConfiguration();
        server = builder.Build();
        server.MapGrpcService<Service>();
        await server.StartAsync();
        string bound = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        address = new Uri($"https://localhost:{new Uri(bound).Port}");
    }

    public async ValueTask DisposeAsync()
    {
        await server.StopAsync();
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task GoodToken_BringsAChain()
    {
        using WorkloadKey key = new(WorkloadKeyType.EcdsaP256);
        IReadOnlyList<string> chain = await Ask(new GrpcCertificateAuthorityClient(address, TokenFile, RootFile), key);
        Assert.Equal(2, chain.Count);
        using X509Certificate2 leaf = X509Certificate2.CreateFromPem(chain[0]);
        Assert.True(key.Matches(leaf));
    }

    [Fact]
    public async Task TokenThatIsRenewedInItsFile_IsReadAgain()
    {
        GrpcCertificateAuthorityClient client = new(address, TokenFile, RootFile);
        using WorkloadKey key = new(WorkloadKeyType.EcdsaP256);
        await File.WriteAllTextAsync(TokenFile, "stale");
        await AssertFailsAsync(client, "does not accept the token");
        await File.WriteAllTextAsync(TokenFile, "good-token");
        Assert.Equal(2, (await Ask(client, key)).Count);
    }

    [Fact]
    public async Task MissingEmptyOrUnreadableFiles_AreNamed()
    {
        await AssertFailsAsync(new(address, Path.Combine(folder, "none"), RootFile), "token file");
        await AssertFailsAsync(new(address, TokenFile, Path.Combine(folder, "none")), "root file");
        await AssertFailsAsync(new(address, TokenFile, TokenFile), "holds no certificate");
        await File.WriteAllTextAsync(TokenFile, "\n");
        await AssertFailsAsync(new(address, TokenFile, RootFile), "holds 0 characters");
    }

    [Fact]
    public async Task AuthorityOfAnotherMesh_IsNotTrusted()
    {
        string foreign = Path.Combine(folder, "foreign.pem");
        await File.WriteAllBytesAsync(foreign, new TestAuthority("foreign").Pem.ToArray());
        await AssertFailsAsync(new(address, TokenFile, foreign), "does not prove to be the mesh's");
    }

    [Fact]
    public async Task AuthorityUnderAnotherName_IsNotTrusted() =>
        await AssertFailsAsync(new(new Uri($"https://127.0.0.1:{address.Port}"), TokenFile, RootFile), "does not prove to be the mesh's");

    [Fact]
    public async Task NobodyListens_IsSaid()
    {
        await server.StopAsync();
        await AssertFailsAsync(new(address, TokenFile, RootFile), "cannot be reached");
    }

    private static async Task<IReadOnlyList<string>> Ask(GrpcCertificateAuthorityClient client, WorkloadKey key)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
        return await client.IssueAsync(key.SigningRequestPem(SigningAuthority.Reviews), TimeSpan.FromHours(24), deadline.Token);
    }

    private static async Task AssertFailsAsync(GrpcCertificateAuthorityClient client, string part)
    {
        using WorkloadKey key = new(WorkloadKeyType.EcdsaP256);
        CertificateAuthorityException failure = await Assert.ThrowsAsync<CertificateAuthorityException>(() => Ask(client, key));
        Assert.Contains(part, failure.Message, StringComparison.Ordinal);
    }

    private sealed class Service(SigningAuthority authority) : IstioCertificateService.IstioCertificateServiceBase
    {
        public override Task<IstioCertificateResponse> CreateCertificate(IstioCertificateRequest request, ServerCallContext context)
        {
            if (context.RequestHeaders.GetValue("authorization") != "Bearer good-token")
                throw new RpcException(new Status(StatusCode.Unauthenticated, "unknown token"));
            Assert.Equal(86_400, request.ValidityDuration);
            return Task.FromResult(new IstioCertificateResponse { CertChain = { authority.Sign(request.Csr) } });
        }
    }
}
