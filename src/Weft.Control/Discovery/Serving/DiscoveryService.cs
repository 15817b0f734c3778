using System.Threading.Channels;
using Envoy.Service.Discovery.V3;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Weft.Control.Authority;
using Weft.Identity;
using Weft.Xds.Protocol;

namespace Weft.Control.Discovery.Serving;

/// <summary>
/// The aggregated discovery service, in both variants. Each stream has a reader and a writer; the writer waits for a signal (a request, or
/// a new snapshot) and sends what the state machine has to say. One response at a time: a slow proxy gets only the newest.
/// </summary>
internal sealed class DiscoveryService(SnapshotPublisher publisher, ProxyTable proxies, BearerTokens tokens, TimeProvider time, IHostApplicationLifetime lifetime)
    : AggregatedDiscoveryService.AggregatedDiscoveryServiceBase
{
    public override Task StreamAggregatedResources(
        IAsyncStreamReader<DiscoveryRequest> requests, IServerStreamWriter<DiscoveryResponse> responses, ServerCallContext context)
    {
        SotwServerStream machine = new();
        return ServeAsync(machine, requests, responses, machine.OnRequest, machine.Next, context);
    }

    public override Task DeltaAggregatedResources(
        IAsyncStreamReader<DeltaDiscoveryRequest> requests, IServerStreamWriter<DeltaDiscoveryResponse> responses, ServerCallContext context)
    {
        DeltaServerStream machine = new();
        return ServeAsync(machine, requests, responses, machine.OnRequest, machine.Next, context);
    }

    private async Task ServeAsync<TRequest, TResponse>(
        AdsServerStream machine,
        IAsyncStreamReader<TRequest> requests,
        IServerStreamWriter<TResponse> responses,
        Func<TRequest, AdsRefusal?> onRequest,
        Func<TResponse?> next,
        ServerCallContext context)
        where TResponse : class
    {
        SpiffeId? identity = tokens.Authenticate(context);
        if (!proxies.TryOpen())
            throw new RpcException(new Status(StatusCode.ResourceExhausted, "The control plane serves as many streams as it may; try again later."));
        ProxyStream stream = new(machine, identity, time);
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        Channel<bool> signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        Task writer = WriteAsync(stream, responses, next, signal.Reader, ended.Token);
        Task follower = FollowAsync(stream, signal.Writer, ended.Token);
        try
        {
            while (await requests.MoveNext(ended.Token))
            {
                TRequest request = requests.Current;
                if (stream.OnRequest(() => onRequest(request), out bool isFirst) is { } refusal)
                    throw new RpcException(new Status(refusal.Code, refusal.Message));
                if (isFirst)
                    proxies.Connected(stream.NodeId!, stream);
                signal.Writer.TryWrite(true);
                if (writer.IsCompleted)
                    await writer;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException && ended.IsCancellationRequested)
        {
            // The proxy has gone, or the control plane stops: the proxy keeps what it has and comes back.
        }
        finally
        {
            await ended.CancelAsync();
            proxies.Closed(stream.NodeId, stream);
            await Task.WhenAll(writer, follower).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WriteAsync<TResponse>(
        ProxyStream stream, IServerStreamWriter<TResponse> responses, Func<TResponse?> next, ChannelReader<bool> signal, CancellationToken ended)
        where TResponse : class
    {
        while (await signal.WaitToReadAsync(ended))
        {
            signal.TryRead(out _);
            PublishedSnapshot current = publisher.Current;
            if (stream.Description is not null && !ReferenceEquals(stream.Published, current))
                stream.Publish(current);
            while (stream.Next(next) is { } response)
                await responses.WriteAsync(response, ended);
        }
    }

    private async Task FollowAsync(ProxyStream stream, ChannelWriter<bool> signal, CancellationToken ended)
    {
        PublishedSnapshot? seen = publisher.Current;
        while (!ended.IsCancellationRequested)
        {
            await publisher.ChangedFromAsync(seen).WaitAsync(ended);
            seen = publisher.Current;
            if (stream.Description is not null)
                signal.TryWrite(true);
        }
    }
}
