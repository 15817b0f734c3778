using Envoy.Config.Core.V3;
using Envoy.Service.Discovery.V3;
using Grpc.Core;
using Grpc.Net.Client;

namespace Weft.Control.Tests.Hosting;

/// <summary>A delta ADS client that acknowledges what it gets and remembers the newest of everything.</summary>
internal sealed class XdsProbe : IDisposable
{
    private readonly AsyncDuplexStreamingCall<DeltaDiscoveryRequest, DeltaDiscoveryResponse> _call;
    private readonly Dictionary<string, Dictionary<string, Resource>> _held = [];

    public XdsProbe(GrpcChannel channel, Node node, string? token = null)
    {
        _call = new AggregatedDiscoveryService.AggregatedDiscoveryServiceClient(channel).DeltaAggregatedResources(ControlPlaneFixture.Within(20, token));
        Node = node;
    }

    public Node Node { get; }

    public IReadOnlyDictionary<string, Resource> Held(string typeUrl) => _held.GetValueOrDefault(typeUrl, []);

    public Task SubscribeAsync(string typeUrl, params string[] names)
    {
        DeltaDiscoveryRequest request = new() { Node = Node, TypeUrl = typeUrl };
        request.ResourceNamesSubscribe.AddRange(names);
        return _call.RequestStream.WriteAsync(request);
    }

    /// <summary>Takes one response of the type, acknowledging all on the way; with <paramref name="refusal"/> it is refused instead.</summary>
    public async Task<DeltaDiscoveryResponse> NextAsync(string typeUrl, string? refusal = null)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(10));
        while (await _call.ResponseStream.MoveNext(limit.Token))
        {
            DeltaDiscoveryResponse response = _call.ResponseStream.Current;
            bool wanted = response.TypeUrl == typeUrl;
            DeltaDiscoveryRequest answer = new() { TypeUrl = response.TypeUrl, ResponseNonce = response.Nonce };
            if (wanted && refusal is not null)
                answer.ErrorDetail = new Google.Rpc.Status { Code = 3, Message = refusal };
            Remember(response);
            await _call.RequestStream.WriteAsync(answer);
            if (wanted)
                return response;
        }

        throw new InvalidOperationException("The stream ended.");
    }

    public static Node Sidecar(string ip, string name, string ns = "default") => new() { Id = $"sidecar~{ip}~{name}.{ns}~{ns}.svc.cluster.local" };

    public void Dispose() => _call.Dispose();

    private void Remember(DeltaDiscoveryResponse response)
    {
        if (!_held.TryGetValue(response.TypeUrl, out Dictionary<string, Resource>? held))
            _held[response.TypeUrl] = held = [];
        foreach (Resource resource in response.Resources)
            held[resource.Name] = resource;
        foreach (string removed in response.RemovedResources)
            held.Remove(removed);
    }
}
