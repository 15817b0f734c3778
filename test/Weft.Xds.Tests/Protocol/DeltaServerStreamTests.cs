using Envoy.Config.Core.V3;
using Envoy.Service.Discovery.V3;
using Grpc.Core;
using Weft.Xds.Protocol;

namespace Weft.Xds.Tests.Protocol;

public class DeltaServerStreamTests
{
    private const string Cds = XdsTypeUrls.Cluster;
    private const string Eds = XdsTypeUrls.Endpoint;
    private const string Lds = XdsTypeUrls.Listener;
    private const string Rds = XdsTypeUrls.Route;

    private readonly DeltaServerStream _stream = new();

    [Fact]
    public void FirstRequestWithoutNode_IsRefused()
    {
        var refusal = _stream.OnRequest(new DeltaDiscoveryRequest { TypeUrl = Cds });

        Assert.Equal(StatusCode.InvalidArgument, refusal?.Code);
        Assert.Contains("node id", refusal?.Message);
    }

    [Fact]
    public void AnotherNodeOnTheSameStream_IsRefused()
    {
        Ask(Cds);

        var refusal = _stream.OnRequest(new DeltaDiscoveryRequest { TypeUrl = Cds, Node = new Node { Id = "other" } });

        Assert.Contains("`other`", refusal?.Message);
    }

    [Fact]
    public void RequestWithoutType_IsRefused() =>
        Assert.Contains("type_url", _stream.OnRequest(new DeltaDiscoveryRequest { Node = new Node { Id = "n" } })?.Message);

    [Fact]
    public void TooManyNames_AreRefused_AndTheBoundIsNamed()
    {
        var stream = new DeltaServerStream(new AdsLimits { MaxNames = 2 });
        var request = new DeltaDiscoveryRequest { Node = new Node { Id = "n" }, TypeUrl = Eds, ResourceNamesSubscribe = { "a", "b" } };
        Assert.Null(stream.OnRequest(request));

        var refusal = stream.OnRequest(new DeltaDiscoveryRequest { TypeUrl = Eds, ResourceNamesSubscribe = { "c" } });

        Assert.Equal(StatusCode.ResourceExhausted, refusal?.Code);
        Assert.Contains("2", refusal?.Message);
    }

    [Fact]
    public void NameLongerThanTheBound_IsRefused()
    {
        var request = new DeltaDiscoveryRequest { Node = new Node { Id = "n" }, TypeUrl = Eds, ResourceNamesSubscribe = { new string('a', 3_000) } };

        Assert.Equal(StatusCode.InvalidArgument, _stream.OnRequest(request)?.Code);
    }

    [Fact]
    public void TooManyTypes_AreRefused()
    {
        var stream = new DeltaServerStream(new AdsLimits { MaxTypes = 1 });
        Assert.Null(stream.OnRequest(new DeltaDiscoveryRequest { Node = new Node { Id = "n" }, TypeUrl = Cds }));

        Assert.Equal(StatusCode.ResourceExhausted, stream.OnRequest(new DeltaDiscoveryRequest { TypeUrl = Eds })?.Code);
    }

    [Fact]
    public void UnknownType_IsAnsweredWithRemovals()
    {
        Ask("type.googleapis.com/acme.Nothing", "x");

        _stream.Publish(TestView.Of("1"));

        Assert.Equal(["x"], _stream.Next()!.RemovedResources);
    }

    [Fact]
    public void EmptyWildcard_IsAnsweredEmpty_SoThatTheClientNeedNotWait()
    {
        Ask(Cds);
        _stream.Publish(TestView.Of("1"));

        Assert.Empty(_stream.Next()!.Resources);
        Assert.Null(_stream.Next());
    }

    [Fact]
    public void NothingIsSentBeforeAViewIsPublished()
    {
        Ask(Cds);

        Assert.Null(_stream.Next());
    }

    [Fact]
    public void NewContent_IsPushedInOrder_ClustersEndpointsListenersRoutes()
    {
        Ask(Rds, "80");
        Ask(Lds);
        Ask(Eds, "c");
        Ask(Cds);
        _stream.Publish(TestView.Of("1", (Lds, "l", "1"), (Rds, "80", "1"), (Cds, "c", "1"), (Eds, "c", "1")));

        Assert.Equal([Cds, Eds, Lds, Rds], PullAll().Select(r => r.TypeUrl));
    }

    [Fact]
    public void OnlyWhatChanged_IsSent()
    {
        Settle(TestView.Of("1", (Cds, "a", "1"), (Cds, "b", "1")), Cds);

        _stream.Publish(TestView.Of("2", (Cds, "a", "1"), (Cds, "b", "2")));

        var resource = Assert.Single(_stream.Next()!.Resources);
        Assert.Equal(("b", "2"), (resource.Name, resource.Version));
    }

    [Fact]
    public void ViewsThatComeWhileOneIsUnacknowledged_AreCoalescedToTheNewest()
    {
        Ask(Cds);
        _stream.Publish(TestView.Of("1", (Cds, "a", "1")));
        var first = _stream.Next()!;
        _stream.Publish(TestView.Of("2", (Cds, "a", "2")));
        _stream.Publish(TestView.Of("3", (Cds, "a", "3")));
        Assert.Null(_stream.Next());

        Ack(first);

        Assert.Equal("3", Assert.Single(_stream.Next()!.Resources).Version);
        Assert.Null(_stream.Next());
    }

    [Fact]
    public void RefusedContent_IsNotSentAgain_UntilItChanges()
    {
        Ask(Cds);
        _stream.Publish(TestView.Of("1", (Cds, "a", "1")));
        Nack(_stream.Next()!, "a: no.");
        Assert.Null(_stream.Next());
        _stream.Publish(TestView.Of("2", (Cds, "a", "1")));
        Assert.Null(_stream.Next());

        _stream.Publish(TestView.Of("3", (Cds, "a", "2")));

        Assert.Equal("2", Assert.Single(_stream.Next()!.Resources).Version);
    }

    [Fact]
    public void Refusal_IsInTheStatus_UntilAnAcknowledgementClearsIt()
    {
        Ask(Cds);
        _stream.Publish(TestView.Of("1", (Cds, "a", "1")));
        Nack(_stream.Next()!, "a: the field `x` is not supported.");
        PullAll();
        var refused = Assert.Single(_stream.Status());
        Assert.Equal((AdsSyncState.Refused, "a: the field `x` is not supported."), (refused.State, refused.Error));

        _stream.Publish(TestView.Of("2", (Cds, "a", "2")));
        Ack(_stream.Next()!);
        PullAll();

        var accepted = Assert.Single(_stream.Status());
        Assert.Equal((AdsSyncState.Acknowledged, "2", (string?)null), (accepted.State, accepted.AcknowledgedVersion, accepted.Error));
    }

    [Fact]
    public void StaleNonce_AcknowledgesNothing_ButItsSubscriptionCounts()
    {
        Ask(Eds, "a");
        _stream.Publish(TestView.Of("1", (Eds, "a", "1"), (Eds, "b", "1")));
        var first = _stream.Next()!;
        Ack(first);
        _stream.Publish(TestView.Of("2", (Eds, "a", "2"), (Eds, "b", "1")));
        var second = _stream.Next()!;

        Send(new DeltaDiscoveryRequest { TypeUrl = Eds, ResponseNonce = first.Nonce, ResourceNamesSubscribe = { "b" } });

        Assert.True(_stream.HasUnacknowledged);
        Assert.Equal(1, Assert.Single(_stream.Status()).StaleNonces);
        Ack(second);
        Assert.Equal("b", Assert.Single(_stream.Next()!.Resources).Name);
    }

    [Fact]
    public void DuplicateNonce_ChangesNothing()
    {
        Ask(Cds);
        _stream.Publish(TestView.Of("1", (Cds, "a", "1")));
        var first = _stream.Next()!;
        Ack(first);
        Ack(first);

        Assert.Null(_stream.Next());
        Assert.Equal(1, Assert.Single(_stream.Status()).StaleNonces);
    }

    [Fact]
    public void NameThatDoesNotExist_IsToldAsRemoved_AndSentWhenItAppears()
    {
        Ask(Rds, "80");
        _stream.Publish(TestView.Of("1"));
        var absent = _stream.Next()!;
        Assert.Equal(["80"], absent.RemovedResources);
        Ack(absent);
        Assert.Null(_stream.Next());

        _stream.Publish(TestView.Of("2", (Rds, "80", "1")));

        Assert.Equal("80", Assert.Single(_stream.Next()!.Resources).Name);
    }

    [Fact]
    public void AskingAgainForWhatWasSent_IsAnswered()
    {
        Settle(TestView.Of("1", (Eds, "a", "1")), Eds, "a");

        Send(new DeltaDiscoveryRequest { TypeUrl = Eds, ResourceNamesSubscribe = { "a" } });

        Assert.Equal("a", Assert.Single(_stream.Next()!.Resources).Name);
    }

    [Fact]
    public void UnsubscribingANameThatTheWildcardCovers_IsAnsweredWithIt()
    {
        Settle(TestView.Of("1", (Cds, "a", "1"), (Cds, "b", "1")), Cds, "*", "a");

        Send(new DeltaDiscoveryRequest { TypeUrl = Cds, ResourceNamesUnsubscribe = { "a" } });

        Assert.Equal("a", Assert.Single(_stream.Next()!.Resources).Name);
    }

    [Fact]
    public void Unsubscribing_NeedsNoAnswer_AndEndsUpdates()
    {
        Settle(TestView.Of("1", (Eds, "a", "1"), (Eds, "b", "1")), Eds, "a", "b");

        Send(new DeltaDiscoveryRequest { TypeUrl = Eds, ResourceNamesUnsubscribe = { "a" } });
        Assert.Null(_stream.Next());
        _stream.Publish(TestView.Of("2", (Eds, "a", "2"), (Eds, "b", "1")));

        Assert.Null(_stream.Next());
    }

    [Fact]
    public void WildcardTakenBack_LeavesOnlyTheNames()
    {
        Settle(TestView.Of("1", (Cds, "a", "1"), (Cds, "b", "1")), Cds, "*", "a");

        Send(new DeltaDiscoveryRequest { TypeUrl = Cds, ResourceNamesUnsubscribe = { "*" } });
        _stream.Publish(TestView.Of("2", (Cds, "a", "2"), (Cds, "b", "2")));

        Assert.Equal(["a"], PullAll().SelectMany(r => r.Resources).Select(r => r.Name));
    }

    [Fact]
    public void EmptyFirstListOfRoutes_MeansNothing()
    {
        Ask(Rds);
        _stream.Publish(TestView.Of("1", (Rds, "80", "1")));

        Assert.Null(_stream.Next());
    }

    [Fact]
    public void Reconnect_GetsOnlyTheDifferences()
    {
        var request = new DeltaDiscoveryRequest
        {
            Node = new Node { Id = "n" },
            TypeUrl = Cds,
            InitialResourceVersions = { ["same"] = "1", ["changed"] = "1", ["gone"] = "1" },
        };
        Assert.Null(_stream.OnRequest(request));
        _stream.Publish(TestView.Of("9", (Cds, "same", "1"), (Cds, "changed", "2"), (Cds, "new", "1")));

        var all = PullAll();

        Assert.Equal(["changed", "new"], all.SelectMany(r => r.Resources).Select(r => r.Name).Order());
        Assert.Equal(["gone"], all.SelectMany(r => r.RemovedResources));
    }

    [Fact]
    public void ReconnectWithNames_DoesNotSendWhatTheClientHas()
    {
        var request = new DeltaDiscoveryRequest
        {
            Node = new Node { Id = "n" },
            TypeUrl = Eds,
            ResourceNamesSubscribe = { "a", "b" },
            InitialResourceVersions = { ["a"] = "1" },
        };
        Assert.Null(_stream.OnRequest(request));
        _stream.Publish(TestView.Of("9", (Eds, "a", "1"), (Eds, "b", "1")));

        Assert.Equal(["b"], PullAll().SelectMany(r => r.Resources).Select(r => r.Name));
    }

    [Fact]
    public void ReconnectWithEverything_IsUpToDateWithoutAResponse()
    {
        var request = new DeltaDiscoveryRequest
        {
            Node = new Node { Id = "n" },
            TypeUrl = Eds,
            ResourceNamesSubscribe = { "a" },
            InitialResourceVersions = { ["a"] = "1" },
        };
        Assert.Null(_stream.OnRequest(request));
        Assert.Equal(AdsSyncState.NotSent, Assert.Single(_stream.Status()).State);
        _stream.Publish(TestView.Of("9", (Eds, "a", "1")));

        Assert.Empty(PullAll());
        Assert.Equal(AdsSyncState.Acknowledged, Assert.Single(_stream.Status()).State);
    }

    [Fact]
    public void Removals_WaitUntilAllAdditionsAreAcknowledged_AndComeInReverseOrder()
    {
        Settle(TestView.Of("1", (Cds, "old", "1"), (Lds, "old", "1")), Cds);
        Ask(Lds);
        AckAll();
        _stream.Publish(TestView.Of("2", (Cds, "new", "1"), (Lds, "new", "1")));

        var cds = _stream.Next()!;
        var lds = _stream.Next()!;
        Assert.Empty(cds.RemovedResources);
        Assert.Empty(lds.RemovedResources);
        Assert.Null(_stream.Next());
        Ack(cds);
        Assert.Null(_stream.Next());
        Ack(lds);

        var first = _stream.Next()!;
        Assert.Equal((Lds, "old"), (first.TypeUrl, Assert.Single(first.RemovedResources)));
        Ack(first);
        var second = _stream.Next()!;
        Assert.Equal((Cds, "old"), (second.TypeUrl, Assert.Single(second.RemovedResources)));
    }

    [Fact]
    public void ChangedCluster_ForcesItsEndpoints_EvenIfTheyAreTheSame()
    {
        Settle(TestView.Of("1", (Cds, "c", "1"), (Eds, "c", "1"), (Eds, "d", "1")), Cds);
        Ask(Eds, "c", "d");
        AckAll();

        _stream.Publish(TestView.Of("2", (Cds, "c", "2"), (Eds, "c", "1"), (Eds, "d", "1")));

        var all = PullAll();
        Assert.Equal([Cds, Eds], all.Select(r => r.TypeUrl));
        Assert.Equal("c", Assert.Single(all[1].Resources).Name);
    }

    [Fact]
    public void ListenersOfANewerView_WaitBehindClustersThatAreNotAcknowledged()
    {
        Settle(TestView.Of("1", (Cds, "c", "1"), (Lds, "l", "1")), Cds);
        Ask(Lds);
        AckAll();
        _stream.Publish(TestView.Of("2", (Cds, "c", "2"), (Lds, "l", "1")));
        var cds = _stream.Next()!;
        _stream.Publish(TestView.Of("3", (Cds, "c", "3"), (Lds, "l", "2")));
        Assert.Null(_stream.Next());

        Ack(cds);

        Assert.Equal([Cds, Lds], PullAll().Select(r => r.TypeUrl));
    }

    [Fact]
    public void WhatIsNewlyAskedFor_IsAnsweredThoughClustersAreNotAcknowledged()
    {
        Ask(Cds);
        _stream.Publish(TestView.Of("1", (Cds, "c", "1"), (Eds, "c", "1")));
        Assert.NotNull(_stream.Next());
        _stream.Publish(TestView.Of("2", (Cds, "c", "2"), (Eds, "c", "1")));
        Ask(Eds, "c");

        Assert.Equal("c", Assert.Single(_stream.Next()!.Resources).Name);
    }

    private void Ask(string type, params string[] names) =>
        Send(new DeltaDiscoveryRequest { Node = new Node { Id = "n" }, TypeUrl = type, ResourceNamesSubscribe = { names } });

    private void Send(DeltaDiscoveryRequest request) => Assert.Null(_stream.OnRequest(request));

    private void Ack(DeltaDiscoveryResponse response) =>
        Send(new DeltaDiscoveryRequest { TypeUrl = response.TypeUrl, ResponseNonce = response.Nonce });

    private void Nack(DeltaDiscoveryResponse response, string error) => Send(new DeltaDiscoveryRequest
    {
        TypeUrl = response.TypeUrl,
        ResponseNonce = response.Nonce,
        ErrorDetail = new Google.Rpc.Status { Code = 3, Message = error },
    });

    /// <summary>Pulls and acknowledges until nothing is left.</summary>
    private List<DeltaDiscoveryResponse> PullAll()
    {
        var all = new List<DeltaDiscoveryResponse>();
        while (_stream.Next() is { } response)
        {
            all.Add(response);
            Ack(response);
        }

        return all;
    }

    private void AckAll() => PullAll();

    private void Settle(TestView view, string type, params string[] names)
    {
        Ask(type, names);
        _stream.Publish(view);
        AckAll();
    }
}
