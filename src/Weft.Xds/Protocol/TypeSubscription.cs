namespace Weft.Xds.Protocol;

/// <summary>The server's mutable state for one resource type on one stream. Owned by the stream, used by one thread at a time.</summary>
internal sealed class TypeSubscription(string typeUrl)
{
    internal string TypeUrl { get; } = typeUrl;

    internal int Rank { get; } = XdsTypeUrls.PushRank(typeUrl);

    /// <summary>Whether a request for this type has been seen.</summary>
    internal bool IsOpen { get; set; }

    /// <summary>Whether "everything" is subscribed.</summary>
    internal bool IsWildcard { get; set; }

    /// <summary>Whether the client ever named a resource: from then on an empty list means "nothing" (state of the world).</summary>
    internal bool HasNamed { get; set; }

    /// <summary>Explicit names.</summary>
    internal HashSet<string> Names { get; } = [];

    /// <summary>What the client holds, or has refused: name to version. Not sent again until the version changes.</summary>
    internal Dictionary<string, string> Sent { get; } = [];

    /// <summary>Names that must be answered even if their version has not changed.</summary>
    internal HashSet<string> Forced { get; } = [];

    /// <summary>Whether the next response must come even if it is empty.</summary>
    internal bool MustAnswer { get; set; }

    /// <summary>The view whose additions and changes have all been sent.</summary>
    internal IXdsView? Compared { get; set; }

    /// <summary>The view that the client holds exactly: its removals have been sent too.</summary>
    internal IXdsView? Settled { get; set; }

    /// <summary>The nonce of the last response; empty before the first.</summary>
    internal string LastNonce { get; set; } = "";

    /// <summary>Whether the last response is not yet acknowledged.</summary>
    internal bool IsInFlight { get; set; }

    internal string? SentVersion { get; set; }

    internal string? AcknowledgedVersion { get; set; }

    internal string? Error { get; set; }

    internal long Responses { get; set; }

    internal long Refusals { get; set; }

    internal long StaleNonces { get; set; }

    internal bool HasAnswerDue => MustAnswer || Forced.Count > 0;

    internal bool Covers(string name) => IsWildcard || Names.Contains(name);

    /// <summary>What the subscription should hold in a view.</summary>
    internal IEnumerable<XdsResource> Wanted(IXdsView view)
    {
        if (!IsWildcard)
        {
            foreach (var name in Names)
            {
                if (view.Find(TypeUrl, name) is { } found)
                {
                    yield return found;
                }
            }

            yield break;
        }

        var seen = new HashSet<string>();
        foreach (var resource in view.All(TypeUrl))
        {
            if (seen.Add(resource.Name))
            {
                yield return resource;
            }
        }

        foreach (var name in Names)
        {
            if (!seen.Contains(name) && view.Find(TypeUrl, name) is { } found)
            {
                yield return found;
            }
        }
    }

    internal bool IsNews(XdsResource resource) =>
        Forced.Contains(resource.Name) || !Sent.TryGetValue(resource.Name, out var version) || version != resource.Version;

    /// <summary>A response leaves: it is in flight until a request names its nonce.</summary>
    internal void MarkSent(string nonce, string viewVersion)
    {
        LastNonce = nonce;
        SentVersion = viewVersion;
        IsInFlight = true;
        MustAnswer = false;
        Responses++;
    }

    /// <summary>The client answered the last response.</summary>
    internal void MarkAnswered(string? error)
    {
        IsInFlight = false;
        Error = error;
        if (error is null)
        {
            AcknowledgedVersion = SentVersion;
        }
        else
        {
            Refusals++;
        }
    }

    internal AdsTypeStatus Status(IXdsView? newest)
    {
        // A client that comes back with the versions that it holds may be up to date without a single response.
        var state = SentVersion is null && (newest is null || !ReferenceEquals(Settled, newest)) ? AdsSyncState.NotSent
            : IsInFlight || !ReferenceEquals(Settled, newest) ? AdsSyncState.Sent
            : Error is not null ? AdsSyncState.Refused
            : AdsSyncState.Acknowledged;
        return new AdsTypeStatus(
            TypeUrl, state, IsWildcard, Names.Count, Sent.Count, SentVersion, AcknowledgedVersion, Error, Responses, Refusals, StaleNonces);
    }
}
