using Envoy.Config.Core.V3;
using Envoy.Service.Discovery.V3;
using Weft.Xds.Protocol;

namespace Weft.Xds.Tests.Protocol;

public class ClientStreamTests
{
    private const string Cds = XdsTypeUrls.Cluster;
    private const string Eds = XdsTypeUrls.Endpoint;
    private const string Lds = XdsTypeUrls.Listener;

    private readonly RecordingConsumer _consumer = new();
    private readonly DeltaClientStream _delta;
    private readonly SotwClientStream _sotw;

    public ClientStreamTests()
    {
        _delta = new DeltaClientStream(new Node { Id = "n" }, _consumer);
        _sotw = new SotwClientStream(new Node { Id = "n" }, _consumer);
    }

    [Fact]
    public void Node_IsSentOnceAStream()
    {
        _delta.SubscribeAll(Lds);
        _delta.SubscribeAll(Cds);
        _delta.Connected();

        var first = _delta.Next()!;
        Assert.Equal((Cds, "n"), (first.TypeUrl, first.Node?.Id));
        Assert.Null(_delta.Next()!.Node);
        Assert.Null(_delta.Next());
        _delta.Connected();
        Assert.NotNull(_delta.Next()!.Node);
    }

    [Fact]
    public void BadResource_IsRefusedByName_AndTheGoodOnesApply()
    {
        Open(Cds);

        _delta.OnResponse(Response(Cds, "1", ("good", "1"), ("broken", "bad")));

        var answer = _delta.Next()!;
        Assert.Equal("n1", answer.ResponseNonce);
        Assert.Equal("broken: is bad.", answer.ErrorDetail.Message);
        Assert.Equal("1", _consumer.Held[(Cds, "good")]);
        Assert.Equal("broken: is bad.", Assert.Single(_delta.Status()).Error);
    }

    [Fact]
    public void GoodResponse_IsAcknowledged_AndClearsTheError()
    {
        Open(Cds);
        _delta.OnResponse(Response(Cds, "1", ("a", "bad")));
        _delta.Next();

        _delta.OnResponse(Response(Cds, "2", ("a", "2")));

        Assert.Null(_delta.Next()!.ErrorDetail);
        Assert.Null(Assert.Single(_delta.Status()).Error);
    }

    [Fact]
    public void TwoResourcesOfOneName_AreRefused_AndTheFirstIsUsed()
    {
        Open(Cds);

        _delta.OnResponse(Response(Cds, "1", ("a", "1"), ("a", "2")));

        Assert.Contains("a: the response has two resources", _delta.Next()!.ErrorDetail.Message);
        Assert.Equal("1", _consumer.Held[(Cds, "a")]);
    }

    [Fact]
    public void TwoResourcesOfOneName_AreRefusedInStateOfTheWorldToo()
    {
        _sotw.SubscribeAll(Cds);
        _sotw.Next();
        var response = new DiscoveryResponse { TypeUrl = Cds, VersionInfo = "1", Nonce = "1" };
        response.Resources.Add(TestView.Body(Cds, "a", "1"));
        response.Resources.Add(TestView.Body(Cds, "a", "1"));

        _sotw.OnResponse(response);

        Assert.Contains("two resources", _sotw.Next()!.ErrorDetail.Message);
    }

    [Fact]
    public void ResourceOfAnotherType_IsRefused()
    {
        Open(Cds);
        var response = Response(Cds, "1");
        response.Resources.Add(new Resource { Name = "x", Version = "1", Resource_ = TestView.Body(Lds, "x", "1") });

        _delta.OnResponse(response);

        Assert.Contains(Lds, _delta.Next()!.ErrorDetail.Message);
        Assert.Empty(_consumer.Held);
    }

    [Fact]
    public void ResponseOfATypeNeverAskedFor_IsIgnored()
    {
        Open(Cds);

        Assert.False(_delta.OnResponse(Response(Eds, "1", ("a", "1"))));
        Assert.Null(_delta.Next());
    }

    [Fact]
    public void ResourceThatIsNotSubscribed_IsIgnored()
    {
        _delta.Subscribe(Eds, ["a"]);
        _delta.Next();

        _delta.OnResponse(Response(Eds, "1", ("a", "1"), ("b", "1")));

        Assert.Equal([(Eds, "a")], _consumer.Held.Keys);
        Assert.Null(_delta.Next()!.ErrorDetail);
    }

    [Fact]
    public void Heartbeat_ChangesNothing()
    {
        Open(Cds);
        _delta.OnResponse(Response(Cds, "1", ("a", "1")));
        var heartbeat = Response(Cds, "2");
        heartbeat.Resources.Add(new Resource { Name = "a", Version = "1" });

        _delta.OnResponse(heartbeat);

        Assert.Equal("1", _consumer.Held[(Cds, "a")]);
        Assert.Equal(1, Assert.Single(_delta.Status()).HeldCount);
    }

    [Fact]
    public void SubscriptionsMadeWhileApplying_GoOutWithTheNextRequests()
    {
        Open(Cds);
        _consumer.OnUpdate = u => _delta.Subscribe(Eds, [.. u.Resources.Select(r => r.Name)]);

        _delta.OnResponse(Response(Cds, "1", ("a", "1"), ("b", "1")));

        Assert.Equal(Cds, _delta.Next()!.TypeUrl);
        var endpoints = _delta.Next()!;
        Assert.Equal((Eds, 2), (endpoints.TypeUrl, endpoints.ResourceNamesSubscribe.Count));
    }

    [Fact]
    public void ChangedNames_AreSentAsADifference()
    {
        _delta.Subscribe(Eds, ["a", "b"]);
        _delta.Next();

        _delta.Subscribe(Eds, ["b", "c"]);

        var request = _delta.Next()!;
        Assert.Equal(["c"], request.ResourceNamesSubscribe);
        Assert.Equal(["a"], request.ResourceNamesUnsubscribe);
        Assert.Null(_delta.Next());
    }

    [Fact]
    public void Reconnect_TellsTheVersionsThatAreInForce_NotTheRefused()
    {
        Open(Cds);
        _delta.OnResponse(Response(Cds, "1", ("a", "1"), ("b", "1")));
        _delta.OnResponse(Response(Cds, "2", ("b", "bad"), ("c", "bad")));
        _delta.Connected();

        var request = _delta.Next()!;

        Assert.Equal("", request.ResponseNonce);
        Assert.Equal(["a:1", "b:1"], request.InitialResourceVersions.Select(v => $"{v.Key}:{v.Value}").Order());
    }

    [Fact]
    public void StateOfTheWorld_WhatIsMissingIsRemoved_AndOnlyChangesAreApplied()
    {
        _sotw.SubscribeAll(Cds);
        _sotw.Next();
        _sotw.OnResponse(Sotw("1", ("a", "1"), ("b", "1"), ("c", "1")));

        _sotw.OnResponse(Sotw("2", ("a", "1"), ("b", "2")));

        var last = _consumer.Updates[^1];
        Assert.Equal(["b"], last.Resources.Select(r => r.Name));
        Assert.Equal(["c"], last.Removed);
    }

    [Fact]
    public void StateOfTheWorld_RefusalKeepsTheAcceptedVersion()
    {
        _sotw.SubscribeAll(Cds);
        _sotw.Next();
        _sotw.OnResponse(Sotw("1", ("a", "1")));
        Assert.Equal("1", _sotw.Next()!.VersionInfo);

        _sotw.OnResponse(Sotw("2", ("a", "bad")));

        var answer = _sotw.Next()!;
        Assert.Equal(("1", "a: is bad."), (answer.VersionInfo, answer.ErrorDetail.Message));
    }

    private void Open(string type)
    {
        _delta.SubscribeAll(type);
        Assert.NotNull(_delta.Next());
    }

    private static DeltaDiscoveryResponse Response(string type, string version, params (string Name, string Content)[] resources)
    {
        var response = new DeltaDiscoveryResponse { TypeUrl = type, SystemVersionInfo = version, Nonce = $"n{version}" };
        foreach (var (name, content) in resources)
        {
            response.Resources.Add(new Resource { Name = name, Version = content, Resource_ = TestView.Body(type, name, content) });
        }

        return response;
    }

    private static DiscoveryResponse Sotw(string version, params (string Name, string Content)[] resources)
    {
        var response = new DiscoveryResponse { TypeUrl = Cds, VersionInfo = version, Nonce = version };
        foreach (var (name, content) in resources)
        {
            response.Resources.Add(TestView.Body(Cds, name, content));
        }

        return response;
    }
}
