namespace Weft.Xds.Protocol;

/// <summary>A client's mutable state for one resource type. What survives a reconnect, and what belongs to one stream.</summary>
internal sealed class ClientSubscription(string typeUrl)
{
    private bool _isTold;

    internal string TypeUrl { get; } = typeUrl;

    internal int Rank { get; } = XdsTypeUrls.PushRank(typeUrl);

    /// <summary>Survives: whether everything is wanted.</summary>
    internal bool IsWildcard { get; set; }

    /// <summary>Survives: the names that are wanted.</summary>
    internal HashSet<string> Names { get; } = [];

    /// <summary>Survives: the accepted resources, name to version.</summary>
    internal Dictionary<string, string> Held { get; } = [];

    /// <summary>Survives: the version of the last response that was accepted whole (state of the world).</summary>
    internal string AcceptedVersion { get; set; } = "";

    /// <summary>Survives: the text of the last NACK, until a response is accepted whole.</summary>
    internal string? Error { get; set; }

    /// <summary>This stream: whether the first request for the type was sent.</summary>
    internal bool IsOpen { get; set; }

    /// <summary>This stream: the names that the server knows of.</summary>
    internal HashSet<string> Told { get; } = [];

    /// <summary>This stream: the nonce of the last response.</summary>
    internal string LastNonce { get; set; } = "";

    /// <summary>This stream: answers to responses that are not yet sent, oldest first.</summary>
    internal Queue<(string Nonce, string? Error)> Answers { get; } = new();

    /// <summary>This stream: whether the server knows of other names than those that are wanted.</summary>
    internal bool HasNews => !_isTold && !Told.SetEquals(Names);

    internal bool IsWanted => IsWildcard || Names.Count > 0;

    internal bool Covers(string name) => IsWildcard || Names.Contains(name);

    /// <summary>Wants these names in place of those before.</summary>
    internal void Want(IReadOnlyCollection<string> names)
    {
        Names.Clear();
        Names.UnionWith(names);
        _isTold = false;
    }

    /// <summary>The server was told of all names.</summary>
    internal void Tell()
    {
        if (HasNews)
        {
            Told.Clear();
            Told.UnionWith(Names);
        }

        _isTold = true;
    }

    internal void ResetStream()
    {
        _isTold = false;
        IsOpen = false;
        LastNonce = "";
        Told.Clear();
        Answers.Clear();
    }

    /// <summary>Takes over which resources are held now, and queues the answer.</summary>
    /// <param name="update">What the consumer was given.</param>
    /// <param name="byConsumer">What it refused of that.</param>
    /// <param name="byProtocol">What it was not given because the response itself was wrong.</param>
    /// <param name="nonce">The response's nonce.</param>
    internal void Apply(AdsUpdate update, IReadOnlyList<ResourceRefusal> byConsumer, IReadOnlyList<ResourceRefusal> byProtocol, string nonce)
    {
        var refused = byConsumer.Select(r => r.Name).ToHashSet();
        foreach (var resource in update.Resources)
        {
            if (!refused.Contains(resource.Name))
            {
                Held[resource.Name] = resource.Version;
            }
        }

        foreach (var name in update.Removed)
        {
            if (!refused.Contains(name))
            {
                Held.Remove(name);
            }
        }

        var refusals = byProtocol.Concat(byConsumer).Select(r => r.Name.Length == 0 ? r.Error : $"{r.Name}: {r.Error}").ToList();
        Error = refusals.Count == 0 ? null : string.Join("\n", refusals);
        AcceptedVersion = refusals.Count == 0 ? update.Version : AcceptedVersion;
        LastNonce = nonce;
        Answers.Enqueue((nonce, Error));
    }
}
