using System.Net;
using System.Net.Sockets;
using Google.Protobuf.WellKnownTypes;
using Weft.Proxy.Grpc;
using Weft.Proxy.Tls;
using Weft.Wire.Http2;

namespace Weft.Proxy.Tests.Grpc;

/// <summary>A client's connection and the scripted server at its other end.</summary>
internal sealed class GrpcFixture : IAsyncDisposable
{
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(60));

    private GrpcFixture(TcpListener listener)
    {
        Listener = listener;
    }

    public static GrpcMethod<StringValue, StringValue> Echo { get; } = new("/weft.test.Echo/Say", StringValue.Parser);

    public static GrpcMethod<BytesValue, BytesValue> Bytes { get; } = new("/weft.test.Echo/Bytes", BytesValue.Parser);

    public TcpListener Listener { get; }

    public GrpcConnection Client { get; private set; } = null!;

    public ScriptedServer Server { get; private set; } = null!;

    public CancellationToken Cancel => _deadline.Token;

    public static async Task<GrpcFixture> StartAsync(
        Http2Settings? settings = null, Func<GrpcConnectionOptions, GrpcConnectionOptions>? change = null, TlsClientContext? tls = null, Func<Stream, Task<Stream>>? wrap = null)
    {
        GrpcFixture fixture = new(ScriptedServer.Listen());
        int port = ((IPEndPoint)fixture.Listener.LocalEndpoint).Port;
        GrpcConnectionOptions options = new() { Host = "127.0.0.1", Port = port, Authority = $"127.0.0.1:{port}", Tls = tls, ConnectTimeout = TimeSpan.FromSeconds(30) };
        Task<ScriptedServer> accepting = ScriptedServer.AcceptAsync(fixture.Listener, fixture.Cancel, settings, wrap);
        try
        {
            fixture.Client = await GrpcConnection.ConnectAsync(change?.Invoke(options) ?? options, fixture.Cancel);
            fixture.Server = await accepting;
            return fixture;
        }
        catch
        {
            // The server's own complaint is of the same refusal.
            await ((Task)accepting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            fixture.Listener.Dispose();
            throw;
        }
    }

    /// <summary>Asks once with a timeout that no test waits for.</summary>
    public Task<StringValue> AskAsync(string text) => Client.AskAsync(Echo, new StringValue { Value = text }, [], TimeSpan.FromMinutes(5), Cancel);

    public GrpcCall<StringValue, StringValue> Open() => Client.Open(Echo, [], Cancel);

    public async Task<GrpcException> FailureOf(Task call) => await Assert.ThrowsAsync<GrpcException>(() => call.WaitAsync(Cancel));

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        Server.Dispose();
        Listener.Dispose();
        _deadline.Dispose();
    }
}
