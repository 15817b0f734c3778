using Envoy.Service.Discovery.V3;

namespace Weft.Xds.Protocol;

/// <summary>The server side of <c>DeltaAggregatedResources</c>: increments.</summary>
/// <remarks>
/// Additions and changes go out first, in push order; resources that vanished are removed afterwards, in reverse order
/// and only when everything before is acknowledged, so that nothing is removed while something still points at it.
/// Subscription changes are honoured even in a request with a stale nonce, as the specification asks (Istio ignores them).
/// </remarks>
/// <param name="limits">Bounds; null for <see cref="AdsLimits.Default"/>.</param>
public sealed class DeltaServerStream(AdsLimits? limits = null) : AdsServerStream(limits)
{
    /// <summary>Takes one request. The stream ends when a refusal comes back.</summary>
    /// <param name="request">The request; it is not kept.</param>
    public AdsRefusal? OnRequest(DeltaDiscoveryRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if ((AcceptNode(request.Node) ?? Open(request.TypeUrl, out var type)) is { } refusal)
        {
            return refusal;
        }

        _ = Open(request.TypeUrl, out type);
        if ((CheckNames(type, request.ResourceNamesSubscribe, type.Names.Count)
            ?? CheckNames(type, request.InitialResourceVersions.Keys.ToList(), 0)) is { } tooMuch)
        {
            return tooMuch;
        }

        if (request.ResponseNonce.Length > 0 && type.IsOpen)
        {
            if (request.ResponseNonce == type.LastNonce && type.IsInFlight)
            {
                type.MarkAnswered(Error(request.ErrorDetail));
            }
            else
            {
                type.StaleNonces++;
            }
        }

        Subscribe(type, request);
        return null;
    }

    /// <summary>The next response to write, or null when there is nothing to say.</summary>
    public DeltaDiscoveryResponse? Next() => FirstInOrder(TakeChanges) ?? TakeRemovals();

    private static void Subscribe(TypeSubscription type, DeltaDiscoveryRequest request)
    {
        var isFirst = !type.IsOpen;
        type.IsOpen = true;
        if (isFirst && request.ResourceNamesSubscribe.Count == 0 && XdsTypeUrls.IsWildcardType(type.TypeUrl))
        {
            type.IsWildcard = true;
            type.MustAnswer = true;
        }

        foreach (var name in request.ResourceNamesSubscribe)
        {
            if (name == "*")
            {
                type.IsWildcard = true;
                type.MustAnswer = true;
            }
            else if (name.Length > 0)
            {
                type.Names.Add(name);
                if (!isFirst || !request.InitialResourceVersions.ContainsKey(name))
                {
                    type.Forced.Add(name);
                }
            }
        }

        foreach (var name in request.ResourceNamesUnsubscribe)
        {
            Unsubscribe(type, name);
        }

        if (isFirst)
        {
            foreach (var (name, version) in request.InitialResourceVersions)
            {
                if (type.Covers(name))
                {
                    type.Sent[name] = version;
                }
            }
        }

        if (request.ResourceNamesSubscribe.Count + request.ResourceNamesUnsubscribe.Count > 0 || isFirst)
        {
            type.Compared = null;
            type.Settled = null;
        }
    }

    private static void Unsubscribe(TypeSubscription type, string name)
    {
        if (name == "*")
        {
            type.IsWildcard = false;
            type.MustAnswer = false;
            foreach (var held in type.Sent.Keys.Where(n => !type.Names.Contains(n)).ToList())
            {
                type.Sent.Remove(held);
            }

            type.Forced.IntersectWith(type.Names);
        }
        else if (type.Names.Remove(name))
        {
            type.Forced.Remove(name);
            if (type.IsWildcard)
            {
                // The client cannot know whether "*" still covers the name: it must be told.
                type.Forced.Add(name);
            }
            else
            {
                type.Sent.Remove(name);
            }
        }
    }

    private DeltaDiscoveryResponse? TakeChanges(TypeSubscription type, IXdsView view, bool held)
    {
        var wanted = type.Wanted(view).ToList();
        var news = wanted.Where(r => held ? type.Forced.Contains(r.Name) : type.IsNews(r)).ToList();
        var names = wanted.Select(r => r.Name).ToHashSet();
        var missing = type.Forced.Where(n => !names.Contains(n)).ToList();
        if (!held)
        {
            type.Compared = view;
        }

        if (news.Count == 0 && missing.Count == 0 && !type.MustAnswer)
        {
            MarkSettled(type, view, names);
            return null;
        }

        var response = NewResponse(type, view);
        foreach (var resource in news)
        {
            response.Resources.Add(new Resource { Name = resource.Name, Version = resource.Version, Resource_ = resource.Body });
            type.Sent[resource.Name] = resource.Version;
        }

        foreach (var name in missing)
        {
            response.RemovedResources.Add(name);
            type.Sent.Remove(name);
        }

        type.Forced.Clear();
        type.MarkSent(response.Nonce, view.Version);
        MarkSettled(type, view, names);
        if (type.TypeUrl == XdsTypeUrls.Cluster)
        {
            ForceEndpointsOf(news);
        }

        return response;
    }

    private static void MarkSettled(TypeSubscription type, IXdsView view, HashSet<string> names)
    {
        if (ReferenceEquals(type.Compared, view) && type.Sent.Keys.All(names.Contains))
        {
            type.Settled = view;
        }
    }

    private DeltaDiscoveryResponse? TakeRemovals()
    {
        if (View is not { } view || HasUnacknowledged)
        {
            return null;
        }

        foreach (var type in InOrder.Reverse())
        {
            if (!type.IsOpen || ReferenceEquals(type.Settled, view))
            {
                continue;
            }

            var names = type.Wanted(view).Select(r => r.Name).ToHashSet();
            var vanished = type.Sent.Keys.Where(n => !names.Contains(n)).ToList();
            type.Settled = view;
            if (vanished.Count == 0)
            {
                continue;
            }

            var response = NewResponse(type, view);
            foreach (var name in vanished)
            {
                response.RemovedResources.Add(name);
                type.Sent.Remove(name);
            }

            type.MarkSent(response.Nonce, view.Version);
            return response;
        }

        return null;
    }

    private DeltaDiscoveryResponse NewResponse(TypeSubscription type, IXdsView view) =>
        new() { SystemVersionInfo = view.Version, TypeUrl = type.TypeUrl, Nonce = NextNonce() };
}
