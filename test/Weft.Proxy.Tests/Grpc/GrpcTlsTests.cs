using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Weft.Proxy.Grpc;
using Weft.Proxy.Tests.Tls;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Tests.Grpc;

/// <summary>Calls behind TLS, with .NET's own TLS at the server's side.</summary>
public sealed class GrpcTlsTests
{
    private readonly TestAuthority _root = new("mesh root");

    [Fact]
    public async Task LargeMessages_PassBothWays_AndTheNameIsAskedFor()
    {
        string? asked = null;
        await using GrpcFixture f = await GrpcFixture.StartAsync(
            change: o => o with { MaxMessageBytes = 8 << 20 }, tls: GrpcTrust.For(_root.Pem, "control.mesh"), wrap: s => Serve(s, "control.mesh", "h2", n => asked = n));
        byte[] content = new byte[5 << 20];
        new Random(7).NextBytes(content);
        BytesValue large = new() { Value = ByteString.CopyFrom(content) };
        await f.Server.GrantAsync(0, 1 << 30, f.Cancel);
        Task<BytesValue> asking = f.Client.AskAsync(GrpcFixture.Bytes, large, [], TimeSpan.FromMinutes(5), f.Cancel);
        Dictionary<string, string> head = await f.Server.ReadHeadAsync(f.Cancel);
        await f.Server.GrantAsync(1, 1 << 30, f.Cancel);
        Assert.Equal(ScriptedServer.Framed(large), await f.Server.ReadBodyAsync(f.Cancel));
        await f.Server.GoodHeadAsync(1, f.Cancel);
        await f.Server.DataWithinWindowsAsync(1, ScriptedServer.Framed(large), f.Cancel);
        await f.Server.TrailersAsync(1, f.Cancel);

        Assert.Equal(large, await asking);
        Assert.Equal(("https", "control.mesh"), (head[":scheme"], asked));
    }

    [Theory]
    [InlineData("control.mesh", "other.mesh", "h2", TlsFailure.IdentityNotAllowed)]
    [InlineData("control.mesh", "control.mesh", "http/1.1", TlsFailure.PeerAlert)]
    public async Task ServerOfAnotherNameOrProtocol_IsRefused(string wanted, string shown, string protocol, TlsFailure tls)
    {
        GrpcException failure = await Assert.ThrowsAsync<GrpcException>(() => GrpcFixture.StartAsync(tls: GrpcTrust.For(_root.Pem, wanted), wrap: s => Serve(s, shown, protocol)));
        Assert.Equal((GrpcStatusCode.Unavailable, tls), (failure.Code, failure.Tls));
        Assert.NotEmpty(failure.Message);
    }

    [Fact]
    public async Task ServerOfAnotherMesh_IsRefused()
    {
        TestAuthority foreign = new("foreign");
        GrpcException failure = await Assert.ThrowsAsync<GrpcException>(
            () => GrpcFixture.StartAsync(tls: GrpcTrust.For(foreign.Pem, "control.mesh"), wrap: s => Serve(s, "control.mesh", "h2")));
        Assert.Equal(TlsFailure.CertificateUntrusted, failure.Tls);
    }

    private async Task<Stream> Serve(Stream stream, string name, string protocol, Action<string>? onName = null)
    {
        TlsCertificate own = _root.Issue(new LeafWishes { DnsNames = [name] });
        X509Certificate2 certificate = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(own.Chain.Span), Encoding.ASCII.GetString(own.PrivateKey.Span));
        SslStream tls = new(stream);
        SslServerAuthenticationOptions options = new()
        {
            ApplicationProtocols = [new SslApplicationProtocol(protocol)],
            ServerCertificateSelectionCallback = (_, asked) =>
            {
                onName?.Invoke(asked ?? "");
                return certificate;
            },
        };
        await tls.AuthenticateAsServerAsync(options);
        return tls;
    }
}
