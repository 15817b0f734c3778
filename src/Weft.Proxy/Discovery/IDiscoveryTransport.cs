using Envoy.Service.Discovery.V3;

namespace Weft.Proxy.Discovery;

/// <summary>
/// How ADS streams are opened: the seam between the protocol and what carries it, which tests can take the place of.
/// </summary>
public interface IDiscoveryTransport : IAsyncDisposable
{
    /// <summary>Opens a stream of increments. Connecting happens with the first write.</summary>
    /// <param name="cancel">Ends the stream.</param>
    IDiscoveryStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse> OpenDelta(CancellationToken cancel);

    /// <summary>Opens a stream of the state of the world.</summary>
    /// <param name="cancel">Ends the stream.</param>
    IDiscoveryStream<DiscoveryRequest, DiscoveryResponse> OpenStateOfTheWorld(CancellationToken cancel);
}
