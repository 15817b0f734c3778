using Envoy.Config.Core.V3;
using Weft.Control.Discovery.Translation;
using Weft.Identity;
using Weft.Xds.Protocol;

namespace Weft.Control.Discovery.Serving;

/// <summary>
/// What the reader and the writer of one ADS stream share: the protocol's state machine under a lock, and who the proxy is.
/// Translation runs outside the lock, on the writer's task, so a slow proxy delays nobody else.
/// </summary>
internal sealed class ProxyStream(AdsServerStream machine, SpiffeId? identity, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly DateTimeOffset _since = time.GetUtcNow();
    private ProxyDescription? _description;
    private PublishedSnapshot? _published;

    /// <summary>The node id; null before the first request.</summary>
    public string? NodeId { get; private set; }

    /// <summary>Who the proxy says it is; null before the first request.</summary>
    public ProxyDescription? Description => _description;

    /// <summary>The snapshot that was given to the state machine last.</summary>
    public PublishedSnapshot? Published => _published;

    public ProxyStatus Status()
    {
        lock (_lock)
            return new ProxyStatus(NodeId ?? "", true, _since, _published?.Version, machine.Status());
    }

    /// <summary>Hands a request to the state machine. <paramref name="isFirst"/> tells that the node is known from now on.</summary>
    public AdsRefusal? OnRequest(Func<AdsRefusal?> hand, out bool isFirst)
    {
        isFirst = false;
        lock (_lock)
        {
            if (hand() is { } refusal)
                return refusal;
            if (NodeId is null && machine.Node is { } node)
            {
                if (Describe(node) is { } problem)
                    return problem;
                isFirst = true;
            }

            return null;
        }
    }

    /// <summary>Translates a snapshot for this proxy and makes it what the stream serves from now on.</summary>
    public void Publish(PublishedSnapshot published)
    {
        if (_description is not { } description)
            return;
        bool maySeeSecrets = identity is not null && identity.Namespace == description.Namespace;
        ProxyView view = new(published.Version, ProxyTranslator.Translate(published.Snapshot, description), maySeeSecrets);
        lock (_lock)
        {
            machine.Publish(view);
            _published = published;
        }
    }

    /// <summary>Takes the next response from the state machine.</summary>
    public T? Next<T>(Func<T?> next)
        where T : class
    {
        lock (_lock)
            return next();
    }

    private AdsRefusal? Describe(Node node)
    {
        try
        {
            _description = ProxyDescription.FromNode(node);
        }
        catch (FormatException e)
        {
            return new AdsRefusal(Grpc.Core.StatusCode.InvalidArgument, e.Message);
        }

        // A token that names a workload may open only that workload's stream.
        if (identity is not null && identity.Namespace != _description.Namespace)
        {
            return new AdsRefusal(
                Grpc.Core.StatusCode.PermissionDenied,
                $"The token is of {identity} and the node is in namespace `{_description.Namespace}`: a proxy gets only its own namespace's configuration.");
        }

        NodeId = node.Id;
        return null;
    }
}
