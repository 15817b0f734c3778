using Envoy.Config.Core.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Weft.Xds.Protocol;

/// <summary>
/// The client side of ADS as a state machine without I/O: subscriptions and responses go in, requests are pulled until
/// there are none. It outlives streams: what was accepted and what is subscribed survives a reconnect.
/// </summary>
/// <remarks>
/// Not thread-safe: the host feeds it from one loop. A resource that the consumer refuses is named in the NACK while the
/// good ones of the same response are applied, as the specification allows and Envoy does per resource.
/// </remarks>
public abstract class AdsClientStream
{
    private readonly Dictionary<string, ClientSubscription> _byType = [];
    private readonly List<ClientSubscription> _inOrder = [];
    private readonly Queue<ClientSubscription> _answers = new();
    private readonly Node _node;
    private readonly IAdsConsumer _consumer;
    private bool _isNodeSent;

    private protected AdsClientStream(Node node, IAdsConsumer consumer)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(consumer);
        _node = node;
        _consumer = consumer;
    }

    /// <summary>Asks for everything of a type. Only listeners, clusters and the name table have such a meaning.</summary>
    /// <param name="typeUrl">A full type URL.</param>
    public void SubscribeAll(string typeUrl) => Get(typeUrl).IsWildcard = true;

    /// <summary>Sets the names that are wanted of a type, in place of those before. What is no longer wanted is forgotten.</summary>
    /// <param name="typeUrl">A full type URL.</param>
    /// <param name="names">The names; the set is copied.</param>
    public void Subscribe(string typeUrl, IReadOnlyCollection<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        var type = Get(typeUrl);
        if (type.Names.SetEquals(names))
        {
            return;
        }

        type.Want(names);
        foreach (var name in type.Held.Keys.Where(n => !type.Covers(n)).ToList())
        {
            type.Held.Remove(name);
        }
    }

    /// <summary>A new stream was opened: all subscriptions are told anew, with the versions that are held.</summary>
    public void Connected()
    {
        _isNodeSent = false;
        _answers.Clear();
        _inOrder.ForEach(t => t.ResetStream());
    }

    /// <summary>The state of every type that was subscribed, in push order.</summary>
    public IReadOnlyList<AdsClientTypeStatus> Status() =>
        [.. _inOrder.Select(t => new AdsClientTypeStatus(t.TypeUrl, t.Names.Count, t.Held.Count, t.AcceptedVersion, t.Error))];

    private protected ClientSubscription? Find(string typeUrl) => _byType.GetValueOrDefault(typeUrl);

    /// <summary>The next type with something to tell the server: answers first, in the order of the responses.</summary>
    private protected ClientSubscription? NextType() =>
        _answers.TryDequeue(out var type) ? type : _inOrder.Find(t => t.IsOpen ? t.HasNews : t.IsWanted);

    private protected Node? NodeOnce()
    {
        if (_isNodeSent)
        {
            return null;
        }

        _isNodeSent = true;
        return _node;
    }

    /// <summary>Checks what the protocol asks of a response, lets the consumer apply the rest, and queues the answer.</summary>
    private protected void Receive(ClientSubscription type, AdsUpdate update, string nonce, IEnumerable<string> duplicates)
    {
        var good = new List<ReceivedResource>(update.Resources.Count);
        var refusals = duplicates.Select(Duplicate).ToList();
        var seen = new HashSet<string>();
        foreach (var resource in update.Resources)
        {
            if (resource.Body.TypeUrl != type.TypeUrl)
            {
                refusals.Add(new ResourceRefusal(resource.Name, $"the resource is a `{resource.Body.TypeUrl}` in a response of type `{type.TypeUrl}`."));
            }
            else if (!seen.Add(resource.Name))
            {
                refusals.Add(Duplicate(resource.Name));
            }
            else if (type.Covers(resource.Name))
            {
                good.Add(resource);
            }
        }

        var applied = update with { Resources = good };
        type.Apply(applied, _consumer.Apply(applied), refusals, nonce);
        _answers.Enqueue(type);
    }

    private static ResourceRefusal Duplicate(string name) =>
        new(name, "the response has two resources of this name; the first is used.");

    /// <summary>Reads the name out of a packed resource: in every type that has one, it is field 1.</summary>
    private protected static string NameOf(Any body)
    {
        try
        {
            var input = body.Value.CreateCodedInput();
            const uint NameTag = (1 << 3) | 2;
            return body.TypeUrl != XdsTypeUrls.NameTable && input.ReadTag() == NameTag ? input.ReadString() : "";
        }
        catch (InvalidProtocolBufferException)
        {
            return "";
        }
    }

    private ClientSubscription Get(string typeUrl)
    {
        if (!_byType.TryGetValue(typeUrl, out var type))
        {
            type = new ClientSubscription(typeUrl);
            _byType.Add(typeUrl, type);
            var at = _inOrder.FindIndex(t => t.Rank > type.Rank);
            _inOrder.Insert(at < 0 ? _inOrder.Count : at, type);
        }

        return type;
    }
}
