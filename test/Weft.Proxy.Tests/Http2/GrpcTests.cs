using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Http2;

/// <summary>gRPC from .NET's client to .NET's server through two proxies, as in a mesh.</summary>
public sealed class GrpcTests : IAsyncLifetime
{
    private readonly EchoService _service = new();
    private WebApplication _server = null!;
    private ProxyUnderTest _inbound = null!;
    private ProxyUnderTest _outbound = null!;
    private GrpcChannel _channel = null!;
    private CallInvoker _calls = null!;

    private static CallOptions Soon => new(deadline: DateTime.UtcNow + ProxyUnderTest.Deadline);

    public async ValueTask InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(_service);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        _server = builder.Build();
        _server.MapGrpcService<EchoService>();
        await _server.StartAsync();
        int port = new Uri(_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
        _inbound = ProxyUnderTest.Start(KestrelUpstream.Cluster(port));
        _outbound = ProxyUnderTest.Start(KestrelUpstream.Cluster(_inbound.Port));
        _channel = Channel(_outbound);
        _calls = _channel.CreateCallInvoker();
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _outbound.DisposeAsync();
        await _inbound.DisposeAsync();
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _server.StopAsync(soon.Token);
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1 << 20)]
    public async Task Unary_PassesMessageHeadAndTrailers(int bytes)
    {
        byte[] message = new byte[bytes];
        Random.Shared.NextBytes(message);
        using AsyncUnaryCall<byte[]> call = _calls.AsyncUnaryCall(EchoService.UnaryMethod, null, Soon.WithHeaders(new Metadata { { "x-in", "yes" } }), message);
        Assert.Equal("yes", (await call.ResponseHeadersAsync).GetValue("x-head"));
        Assert.Equal(message, await call);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Equal("yes", call.GetTrailers().GetValue("x-trailer"));
        Assert.Equal(200, (await _outbound.NextAsync()).Status);
    }

    [Fact]
    public async Task ServerStream_PassesEveryMessage()
    {
        using AsyncServerStreamingCall<byte[]> call = _calls.AsyncServerStreamingCall(EchoService.ManyMethod, null, Soon, [200]);
        int count = 0;
        while (await call.ResponseStream.MoveNext(CancellationToken.None)) Assert.Equal(count++, call.ResponseStream.Current.Length);
        Assert.Equal(2_000, count);
    }

    [Fact]
    public async Task ClientStream_PassesEveryMessage()
    {
        using AsyncClientStreamingCall<byte[], byte[]> call = _calls.AsyncClientStreamingCall(EchoService.SumMethod, null, Soon);
        for (int i = 0; i < 500; i++) await call.RequestStream.WriteAsync(new byte[1_000]);
        await call.RequestStream.CompleteAsync();
        Assert.Equal(500_000, BitConverter.ToInt32(await call));
    }

    [Fact]
    public async Task Talk_IsNotHeldBackByEitherSide()
    {
        using AsyncDuplexStreamingCall<byte[], byte[]> call = _calls.AsyncDuplexStreamingCall(EchoService.TalkMethod, null, Soon);
        for (int i = 0; i < 200; i++)
        {
            await call.RequestStream.WriteAsync([(byte)i]);
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
            Assert.Equal([(byte)i], call.ResponseStream.Current);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task ManyCallsAtOnce_AllSucceed()
    {
        byte[][] answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => _calls.AsyncUnaryCall(EchoService.UnaryMethod, null, Soon, [(byte)i]).ResponseAsync));
        Assert.Equal(Enumerable.Range(0, 200).Select(i => (byte)i), answers.Select(answer => answer[0]));
    }

    [Fact]
    public async Task Error_ComesWithItsMessage()
    {
        RpcException error = await Assert.ThrowsAsync<RpcException>(() => _calls.AsyncUnaryCall(EchoService.FailMethod, null, Soon, []).ResponseAsync);
        Assert.Equal((StatusCode.FailedPrecondition, "not like this"), (error.StatusCode, error.Status.Detail));
    }

    [Fact]
    public async Task UnknownMethod_IsUnimplemented()
    {
        var unknown = new Method<byte[], byte[]>(MethodType.Unary, "weft.test.Echo", "Nothing", EchoService.UnaryMethod.RequestMarshaller, EchoService.UnaryMethod.ResponseMarshaller);
        RpcException error = await Assert.ThrowsAsync<RpcException>(() => _calls.AsyncUnaryCall(unknown, null, Soon, []).ResponseAsync);
        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
    }

    [Fact]
    public async Task Deadline_ReachesTheServer()
    {
        using AsyncUnaryCall<byte[]> call = _calls.AsyncUnaryCall(EchoService.HangMethod, null, new CallOptions(deadline: DateTime.UtcNow.AddSeconds(1)), []);
        RpcException error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        await _service.Cancelled.WaitAsync(ProxyUnderTest.Deadline);
    }

    [Fact]
    public async Task Cancellation_ReachesTheServer()
    {
        using var cancel = new CancellationTokenSource();
        using AsyncUnaryCall<byte[]> call = _calls.AsyncUnaryCall(EchoService.HangMethod, null, new CallOptions(cancellationToken: cancel.Token), []);
        await _service.Hanging.WaitAsync(ProxyUnderTest.Deadline);
        await cancel.CancelAsync();
        RpcException error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal(StatusCode.Cancelled, error.StatusCode);
        await _service.Cancelled.WaitAsync(ProxyUnderTest.Deadline);
        Assert.Equal([7], await _calls.AsyncUnaryCall(EchoService.UnaryMethod, null, Soon, [7]));
    }

    [Fact]
    public async Task UnreachableUpstream_IsUnavailable()
    {
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(1));
        using GrpcChannel channel = Channel(proxy);
        RpcException error = await Assert.ThrowsAsync<RpcException>(() => channel.CreateCallInvoker().AsyncUnaryCall(EchoService.UnaryMethod, null, Soon, []).ResponseAsync);
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Contains("upstream connect error", error.Status.Detail);
    }

    [Fact]
    public async Task NoRoute_IsUnimplemented()
    {
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(1), new Model.HttpConnectionManagerModel
        {
            StatPrefix = "test",
            InlineRoutes = TestRoutes.Of("""{"match": {"prefix": "/other"}, "route": {"cluster": "upstream"}}"""),
        });
        using GrpcChannel channel = Channel(proxy);
        RpcException error = await Assert.ThrowsAsync<RpcException>(() => channel.CreateCallInvoker().AsyncUnaryCall(EchoService.UnaryMethod, null, Soon, []).ResponseAsync);
        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
    }

    private static GrpcChannel Channel(ProxyUnderTest proxy) =>
        GrpcChannel.ForAddress($"http://127.0.0.1:{proxy.Port}", new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { UseProxy = false }, DisposeHttpClient = true });
}
