using System.Net;
using System.Threading.Channels;
using Envoy.Service.Discovery.V3;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Weft.Xds.Protocol;

namespace Weft.Proxy.Tests.Discovery;

/// <summary>A real ADS server over loopback: Kestrel, gRPC and the server-side state machines; the view is set by the test.</summary>
internal sealed class AdsTestServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Service _service;

    private AdsTestServer(WebApplication app, Service service)
    {
        _app = app;
        _service = service;
    }

    public int Port => new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    public int Streams => _service.Streams;

    /// <summary>Requests in the order of their arrival, delta or not: type and error text.</summary>
    public ChannelReader<object> Requests => _service.Requests.Reader;

    public static async Task<AdsTestServer> StartAsync(IXdsView view, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, port, l => l.Protocols = HttpProtocols.Http2));
        var service = new Service(view);
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(service);
        var app = builder.Build();
        app.MapGrpcService<Service>();
        await app.StartAsync();
        return new AdsTestServer(app, service);
    }

    public void Publish(IXdsView view) => _service.Publish(view);

    /// <summary>Ends as a killed process does: at once.</summary>
    public async Task KillAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        _service.EndAll();
        await _app.StopAsync(now.Token);
    }

    public async ValueTask DisposeAsync()
    {
        _service.EndAll();
        await _app.DisposeAsync();
        _service.Dispose();
    }

    private sealed class Service(IXdsView view) : AggregatedDiscoveryService.AggregatedDiscoveryServiceBase, IDisposable
    {
        private readonly CancellationTokenSource _end = new();
        private volatile IXdsView _view = view;
        private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _streams;
        private bool _ended;

        public int Streams => Volatile.Read(ref _streams);

        public Channel<object> Requests { get; } = Channel.CreateBounded<object>(10_000);

        public void Publish(IXdsView next)
        {
            _view = next;
            var changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            changed.SetResult();
        }

        public void EndAll()
        {
            if (!_ended)
            {
                _end.Cancel();
            }
        }

        public void Dispose()
        {
            _ended = true;
            _end.Dispose();
        }

        public override async Task DeltaAggregatedResources(
            IAsyncStreamReader<DeltaDiscoveryRequest> requestStream, IServerStreamWriter<DeltaDiscoveryResponse> responseStream, ServerCallContext context)
        {
            var stream = new DeltaServerStream();
            await RunAsync(requestStream, responseStream, stream, stream.OnRequest, stream.Next, context);
        }

        public override async Task StreamAggregatedResources(
            IAsyncStreamReader<DiscoveryRequest> requestStream, IServerStreamWriter<DiscoveryResponse> responseStream, ServerCallContext context)
        {
            var stream = new SotwServerStream();
            await RunAsync(requestStream, responseStream, stream, stream.OnRequest, stream.Next, context);
        }

        private async Task RunAsync<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> reader,
            IServerStreamWriter<TResponse> writer,
            AdsServerStream stream,
            Func<TRequest, AdsRefusal?> take,
            Func<TResponse?> next,
            ServerCallContext context)
            where TRequest : class
            where TResponse : class
        {
            Interlocked.Increment(ref _streams);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(_end.Token, context.CancellationToken);
            var reading = reader.MoveNext(both.Token);
            while (true)
            {
                var changed = _changed.Task;
                stream.Publish(_view);
                while (next() is { } response)
                {
                    await writer.WriteAsync(response, both.Token);
                }

                await Task.WhenAny(reading, changed.WaitAsync(both.Token));
                both.Token.ThrowIfCancellationRequested();
                if (!reading.IsCompleted)
                {
                    continue;
                }

                if (!await reading)
                {
                    return;
                }

                Requests.Writer.TryWrite(reader.Current);
                if (take(reader.Current) is { } refusal)
                {
                    throw new RpcException(new Status(refusal.Code, refusal.Message));
                }

                reading = reader.MoveNext(both.Token);
            }
        }
    }
}
