using Envoy.Config.Core.V3;
using Envoy.Service.Discovery.V3;

namespace Weft.Xds.Protocol;

/// <summary>The client side of <c>DeltaAggregatedResources</c>.</summary>
/// <param name="node">Who this client is; sent with the first request of each stream.</param>
/// <param name="consumer">Applies what comes.</param>
public sealed class DeltaClientStream(Node node, IAdsConsumer consumer) : AdsClientStream(node, consumer)
{
    /// <summary>The next request to write, or null when there is nothing to say.</summary>
    public DeltaDiscoveryRequest? Next()
    {
        if (NextType() is not { } type)
        {
            return null;
        }

        var request = new DeltaDiscoveryRequest { TypeUrl = type.TypeUrl };
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

        if (!type.IsOpen)
        {
            type.IsOpen = true;
            request.InitialResourceVersions.Add(type.Held);
            if (type.IsWildcard && type.Names.Count > 0)
            {
                request.ResourceNamesSubscribe.Add("*");
            }
        }

        if (type.HasNews)
        {
            request.ResourceNamesSubscribe.AddRange(type.Names.Where(n => !type.Told.Contains(n)));
            request.ResourceNamesUnsubscribe.AddRange(type.Told.Where(n => !type.Names.Contains(n)));
            type.Tell();
        }

        return request;
    }

    /// <summary>Takes one response: applies it and queues its ACK or NACK.</summary>
    /// <param name="response">The response; it is not kept.</param>
    /// <returns>False when the response is of a type that was never asked for; it is ignored, and there is nothing to answer.</returns>
    public bool OnResponse(DeltaDiscoveryResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        if (Find(response.TypeUrl) is not { IsOpen: true } type)
        {
            return false;
        }

        // A resource without a body is a heartbeat: it only says that the resource is still alive.
        var resources = new List<ReceivedResource>(response.Resources.Count);
        var version = "";
        foreach (var resource in response.Resources)
        {
            // Most have the version of the one before: one string for all of them is a thousand fewer to keep.
            version = resource.Version == version ? version : resource.Version;
            if (resource.Resource_ is not null)
            {
                resources.Add(new ReceivedResource(resource.Name, version, resource.Resource_));
            }
        }

        var update = new AdsUpdate(type.TypeUrl, response.SystemVersionInfo, resources, [.. response.RemovedResources]);
        Receive(type, update, response.Nonce, []);
        return true;
    }
}
