using Envoy.Service.Discovery.V3;

namespace Weft.Xds.Protocol;

/// <summary>The server side of <c>StreamAggregatedResources</c>: state of the world.</summary>
/// <remarks>
/// Listeners and clusters are always sent as the full set, so that what is missing is deleted; the other types are sent
/// in part, and what vanishes is only forgotten. Only <c>error_detail</c> decides between ACK and NACK: some clients
/// (grpc-js) advance <c>version_info</c> in a NACK when part of a response was good.
/// </remarks>
/// <param name="limits">Bounds; null for <see cref="AdsLimits.Default"/>.</param>
public sealed class SotwServerStream(AdsLimits? limits = null) : AdsServerStream(limits)
{
    /// <summary>Takes one request. The stream ends when a refusal comes back.</summary>
    /// <param name="request">The request; it is not kept.</param>
    public AdsRefusal? OnRequest(DiscoveryRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if ((AcceptNode(request.Node) ?? Open(request.TypeUrl, out var type)) is { } refusal)
        {
            return refusal;
        }

        _ = Open(request.TypeUrl, out type);
        if (request.ResponseNonce.Length > 0)
        {
            // An answer to a response that is no longer the last: the client will speak again about the last one.
            if (type.IsOpen && request.ResponseNonce != type.LastNonce)
            {
                type.StaleNonces++;
                return null;
            }

            // A nonce on a type that this stream never answered is a leftover of an earlier stream: a first request.
            if (type.IsOpen && type.IsInFlight)
            {
                type.MarkAnswered(Error(request.ErrorDetail));
            }
        }

        return CheckNames(type, request.ResourceNames, 0) ?? Subscribe(type, request);
    }

    /// <summary>The next response to write, or null when there is nothing to say.</summary>
    public DiscoveryResponse? Next() => FirstInOrder(Take);

    private static AdsRefusal? Subscribe(TypeSubscription type, DiscoveryRequest request)
    {
        var isFirst = !type.IsOpen || request.ResponseNonce.Length == 0;
        var names = request.ResourceNames.Where(n => n.Length > 0 && n != "*").ToHashSet();
        type.HasNamed |= request.ResourceNames.Count > 0;
        var wildcard = request.ResourceNames.Contains("*")
            || (request.ResourceNames.Count == 0 && !type.HasNamed && XdsTypeUrls.IsWildcardType(type.TypeUrl));
        var isWider = (wildcard && !type.IsWildcard) || names.Any(n => !type.Names.Contains(n));
        if (isWider || isFirst)
        {
            type.MustAnswer = type.MustAnswer || wildcard || names.Count > 0;
            type.Forced.UnionWith(isFirst ? names : names.Where(n => !type.Names.Contains(n)));
        }

        var isNarrower = (type.IsWildcard && !wildcard) || type.Names.Any(n => !names.Contains(n));
        type.IsOpen = true;
        type.IsWildcard = wildcard;
        type.Names.Clear();
        type.Names.UnionWith(names);
        type.Forced.RemoveWhere(n => !type.Covers(n));
        if (isNarrower)
        {
            foreach (var name in type.Sent.Keys.Where(n => !type.Covers(n)).ToList())
            {
                type.Sent.Remove(name);
            }
        }

        if (names.Count == 0 && !wildcard)
        {
            type.MustAnswer = false;
        }

        return null;
    }

    private DiscoveryResponse? Take(TypeSubscription type, IXdsView view, bool held)
    {
        var isFullSet = XdsTypeUrls.IsWildcardType(type.TypeUrl);
        var wanted = type.Wanted(view).ToList();
        var news = wanted.Where(r => held && !isFullSet ? type.Forced.Contains(r.Name) : type.IsNews(r)).ToList();
        var names = wanted.Select(r => r.Name).ToHashSet();
        var vanished = type.Sent.Keys.Where(n => !names.Contains(n)).ToList();
        foreach (var name in vanished)
        {
            type.Sent.Remove(name);
        }

        if (!held)
        {
            type.Compared = view;
            type.Settled = view;
        }

        if (news.Count == 0 && !type.MustAnswer && type.Forced.Count == 0 && !(isFullSet && vanished.Count > 0))
        {
            return null;
        }

        var response = new DiscoveryResponse { VersionInfo = view.Version, TypeUrl = type.TypeUrl, Nonce = NextNonce() };
        foreach (var resource in isFullSet ? wanted : news)
        {
            response.Resources.Add(resource.Body);
            type.Sent[resource.Name] = resource.Version;
        }

        type.Forced.Clear();
        type.MarkSent(response.Nonce, view.Version);
        if (type.TypeUrl == XdsTypeUrls.Cluster)
        {
            ForceEndpointsOf(news);
        }

        return response;
    }
}
