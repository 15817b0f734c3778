using System.Globalization;
using Envoy.Config.Core.V3;
using Grpc.Core;

namespace Weft.Xds.Protocol;

/// <summary>
/// The server side of one ADS stream as a state machine without I/O: requests go in, the newest view is published, and
/// responses are pulled until there are none. What both variants of the protocol share is here.
/// </summary>
/// <remarks>
/// <para>Not thread-safe: the host calls it under one lock or from one loop. After <c>OnRequest</c> and after
/// <see cref="Publish"/> the host pulls <c>Next</c> until it returns null and writes what it gets, in that order.</para>
/// <para>At most one response per type is un-acknowledged; a view that comes meanwhile replaces the one before it, so a
/// slow client costs no memory and gets only the newest. Changes are pushed in the order of
/// <see cref="XdsTypeUrls.PushOrder"/>; when a type waits for an acknowledgement with newer content behind it, changes of
/// the types after it wait too, but what a client has newly asked for is answered at once.</para>
/// <para>Source: xDS protocol specification; Istio for the push order and the forced endpoints after clusters.</para>
/// </remarks>
public abstract class AdsServerStream
{
    private readonly Dictionary<string, TypeSubscription> _byType = [];
    private readonly List<TypeSubscription> _inOrder = [];
    private readonly AdsLimits _limits;
    private long _nonce;

    private protected AdsServerStream(AdsLimits? limits) => _limits = limits ?? AdsLimits.Default;

    /// <summary>Who is at the other end: known after the first request.</summary>
    public Node? Node { get; private set; }

    /// <summary>The newest view; null until the first is published.</summary>
    public IXdsView? View { get; private set; }

    /// <summary>Whether some response is not acknowledged yet.</summary>
    public bool HasUnacknowledged => _inOrder.Exists(t => t.IsInFlight);

    /// <summary>Sets what the client should have from now on. Replaces a view that was not sent yet.</summary>
    /// <param name="view">The newest view.</param>
    public void Publish(IXdsView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        View = view;
    }

    /// <summary>The state of every type that the client asked for, in push order.</summary>
    public IReadOnlyList<AdsTypeStatus> Status() => [.. _inOrder.Where(t => t.IsOpen).Select(t => t.Status(View))];

    private protected IReadOnlyList<TypeSubscription> InOrder => _inOrder;

    private protected AdsRefusal? AcceptNode(Node? node)
    {
        if (Node is null)
        {
            if (node is null || node.Id.Length == 0)
            {
                return new AdsRefusal(StatusCode.InvalidArgument, "The first request of the stream carries no node id: set `node.id` in the client's bootstrap.");
            }

            Node = node;
        }
        else if (node is not null && node.Id.Length > 0 && node.Id != Node.Id)
        {
            return new AdsRefusal(StatusCode.InvalidArgument, $"The stream was opened by node `{Node.Id}` and a later request says `{node.Id}`: open a stream of its own for each node.");
        }

        return null;
    }

    private protected AdsRefusal? Open(string typeUrl, out TypeSubscription type)
    {
        if (_byType.TryGetValue(typeUrl, out type!))
        {
            return null;
        }

        if (typeUrl.Length == 0)
        {
            return new AdsRefusal(StatusCode.InvalidArgument, "A request carries no `type_url`, which an aggregated stream needs.");
        }

        if (_byType.Count >= _limits.MaxTypes)
        {
            return new AdsRefusal(StatusCode.ResourceExhausted, $"The stream asks for more than {_limits.MaxTypes} resource types.");
        }

        type = new TypeSubscription(typeUrl);
        _byType.Add(typeUrl, type);
        var rank = type.Rank;
        var at = _inOrder.FindIndex(t => t.Rank > rank);
        _inOrder.Insert(at < 0 ? _inOrder.Count : at, type);
        return null;
    }

    private protected AdsRefusal? CheckNames(TypeSubscription type, IReadOnlyCollection<string> names, int alreadyThere)
    {
        if (names.Count + alreadyThere > _limits.MaxNames)
        {
            return new AdsRefusal(StatusCode.ResourceExhausted, $"The stream names more than {_limits.MaxNames} resources of {XdsTypeUrls.ShortName(type.TypeUrl)}.");
        }

        var tooLong = names.FirstOrDefault(n => n.Length > _limits.MaxNameLength);
        return tooLong is null
            ? null
            : new AdsRefusal(StatusCode.InvalidArgument, $"A resource name of {XdsTypeUrls.ShortName(type.TypeUrl)} has {tooLong.Length} characters; at most {_limits.MaxNameLength} are allowed.");
    }

    private protected string? Error(Google.Rpc.Status? detail)
    {
        if (detail is null)
        {
            return null;
        }

        var text = detail.Message.Length > 0 ? detail.Message : $"The client gave no reason (code {detail.Code}).";
        return text.Length <= _limits.MaxErrorLength ? text : text[.._limits.MaxErrorLength];
    }

    private protected string NextNonce() => (++_nonce).ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// Clusters are leaving for the client: each that it will warm needs its endpoints once more, changed or not, or it
    /// stays warming (Envoy) until a timeout.
    /// </summary>
    private protected void ForceEndpointsOf(IEnumerable<XdsResource> clusters)
    {
        if (!_byType.TryGetValue(XdsTypeUrls.Endpoint, out var endpoints))
        {
            return;
        }

        foreach (var cluster in clusters)
        {
            if (endpoints.Covers(cluster.EndpointName))
            {
                endpoints.Forced.Add(cluster.EndpointName);
            }
        }
    }

    /// <summary>
    /// The next type that has something to say, in push order, with whether only its due answers may be sent because a
    /// type before it still waits with newer content. <paramref name="tryTake"/> returns null when there was nothing.
    /// </summary>
    private protected TResponse? FirstInOrder<TResponse>(Func<TypeSubscription, IXdsView, bool, TResponse?> tryTake)
        where TResponse : class
    {
        if (View is not { } view)
        {
            return null;
        }

        var held = false;
        foreach (var type in _inOrder)
        {
            if (!type.IsOpen || (ReferenceEquals(type.Compared, view) && !type.HasAnswerDue))
            {
                continue;
            }

            if (type.IsInFlight)
            {
                held = true;
                continue;
            }

            if ((!held || type.HasAnswerDue) && tryTake(type, view, held) is { } response)
            {
                return response;
            }
        }

        return null;
    }
}
