using System.Collections.Concurrent;
using Envoy.Service.Discovery.V3;
using Grpc.Core;
using Weft.Xds.Protocol;

namespace Weft.Bench.PushServer;

/// <summary>Delta ADS to any number of proxies: each stream gets the newest view; acknowledgements and refusals are counted.</summary>
internal sealed class PushService(MeshView first) : AggregatedDiscoveryService.AggregatedDiscoveryServiceBase
{
    private volatile MeshView _view = first;
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _sent;
    private long _acknowledged;

    /// <summary>What clients refused, one sentence each, up to ten.</summary>
    public ConcurrentQueue<string> Refusals { get; } = new();

    public long Sent => Volatile.Read(ref _sent);

    public long Acknowledged => Volatile.Read(ref _acknowledged);

    public void Publish(MeshView view)
    {
        _view = view;
        TaskCompletionSource changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }

    public override async Task DeltaAggregatedResources(
        IAsyncStreamReader<DeltaDiscoveryRequest> requestStream, IServerStreamWriter<DeltaDiscoveryResponse> responseStream, ServerCallContext context)
    {
        CancellationToken end = context.CancellationToken;
        DeltaServerStream stream = new();
        Task<bool> reading = requestStream.MoveNext(end);
        while (true)
        {
            Task changed = _changed.Task;
            stream.Publish(_view);
            while (stream.Next() is { } response)
            {
                Interlocked.Increment(ref _sent);
                await responseStream.WriteAsync(response, end);
            }

            await Task.WhenAny(reading, changed.WaitAsync(end));
            end.ThrowIfCancellationRequested();
            if (!reading.IsCompleted) continue;
            if (!await reading) return;
            Take(stream, requestStream.Current);
            reading = requestStream.MoveNext(end);
        }
    }

    private void Take(DeltaServerStream stream, DeltaDiscoveryRequest request)
    {
        if (request.ErrorDetail is { } error && Refusals.Count < 10) Refusals.Enqueue(error.Message);
        else if (request.ResponseNonce.Length > 0) Interlocked.Increment(ref _acknowledged);
        if (stream.OnRequest(request) is { } refusal) throw new RpcException(new Status(refusal.Code, refusal.Message));
    }
}
