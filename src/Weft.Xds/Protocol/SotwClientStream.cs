using System.Security.Cryptography;
using Envoy.Config.Core.V3;
using Envoy.Service.Discovery.V3;

namespace Weft.Xds.Protocol;

/// <summary>The client side of <c>StreamAggregatedResources</c>: state of the world.</summary>
/// <param name="node">Who this client is; sent with the first request of each stream.</param>
/// <param name="consumer">Applies what comes; it gets only what changed.</param>
public sealed class SotwClientStream(Node node, IAdsConsumer consumer) : AdsClientStream(node, consumer)
{
    private const int HashBytes = 16;

    /// <summary>The next request to write, or null when there is nothing to say.</summary>
    public DiscoveryRequest? Next()
    {
        if (NextType() is not { } type)
        {
            return null;
        }

        var request = new DiscoveryRequest { TypeUrl = type.TypeUrl, VersionInfo = type.AcceptedVersion, ResponseNonce = type.LastNonce };
        if (NodeOnce() is { } node)
        {
            request.Node = node;
        }

        if (type.Answers.TryDequeue(out var answer))
        {
            request.ResponseNonce = answer.Nonce;
            if (answer.Error is not null)
            {
                request.ErrorDetail = new Google.Rpc.Status { Code = (int)Grpc.Core.StatusCode.InvalidArgument, Message = answer.Error };
            }
        }

        type.IsOpen = true;
        if (type.IsWildcard && type.Names.Count > 0)
        {
            request.ResourceNames.Add("*");
        }

        request.ResourceNames.AddRange(type.Names);
        type.Tell();
        return request;
    }

    /// <summary>Takes one response: applies it and queues its ACK or NACK.</summary>
    /// <param name="response">The response; it is not kept.</param>
    /// <returns>False when the response is of a type that was never asked for; it is ignored, and there is nothing to answer.</returns>
    public bool OnResponse(DiscoveryResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        if (Find(response.TypeUrl) is not { IsOpen: true } type)
        {
            return false;
        }

        var changed = new List<ReceivedResource>();
        var present = new HashSet<string>();
        var duplicates = new List<string>();
        foreach (var body in response.Resources)
        {
            var name = NameOf(body);
            var version = Convert.ToHexString(SHA256.HashData(body.Value.Span).AsSpan(0, HashBytes));
            if (!present.Add(name))
            {
                duplicates.Add(name);
            }
            else if (type.Held.GetValueOrDefault(name) != version)
            {
                changed.Add(new ReceivedResource(name, version, body));
            }
        }

        var removed = XdsTypeUrls.IsWildcardType(type.TypeUrl) ? type.Held.Keys.Where(n => !present.Contains(n)).ToList() : [];
        Receive(type, new AdsUpdate(type.TypeUrl, response.VersionInfo, changed, removed), response.Nonce, duplicates);
        return true;
    }
}
