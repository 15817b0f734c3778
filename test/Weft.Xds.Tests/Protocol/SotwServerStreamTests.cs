using Envoy.Config.Core.V3;
using Envoy.Service.Discovery.V3;
using Weft.Xds.Protocol;

namespace Weft.Xds.Tests.Protocol;

public class SotwServerStreamTests
{
    private const string Cds = XdsTypeUrls.Cluster;
    private const string Eds = XdsTypeUrls.Endpoint;
    private const string Lds = XdsTypeUrls.Listener;
    private const string Rds = XdsTypeUrls.Route;

    private readonly SotwServerStream _stream = new();

    [Fact]
    public void FirstRequestWithoutNode_IsRefused() =>
        Assert.Contains("node id", _stream.OnRequest(new DiscoveryRequest { TypeUrl = Cds })?.Message);

    [Fact]
    public void LaterRequestsMayOmitTheNode()
    {
        Ask(Cds);

        Assert.Null(_stream.OnRequest(new DiscoveryRequest { TypeUrl = Lds }));
    }

    [Fact]
    public void EmptyNamesOfClusters_MeanAll()
    {
        Ask(Cds);
        _stream.Publish(TestView.Of("1", (Cds, "a", "1"), (Cds, "b", "1")));

        Assert.Equal(2, _stream.Next()!.Resources.Count);
    }

    [Fact]
    public void EmptyNamesOfRoutes_MeanNothing()
    {
        Ask(Rds);
        _stream.Publish(TestView.Of("1", (Rds, "80", "1")));

        Assert.Null(_stream.Next());
    }

    [Fact]
    public void EmptyNamesAfterExplicitOnes_MeanNothing()
    {
        Ask(Cds, "a");
        _stream.Publish(TestView.Of("1", (Cds, "a", "1"), (Cds, "b", "1")));
        var first = _stream.Next()!;
        Assert.Single(first.Resources);
        Answer(first);

        _stream.Publish(TestView.Of("2", (Cds, "a", "2"), (Cds, "b", "2")));

        Assert.Null(_stream.Next());
    }

    [Fact]
    public void ExplicitStar_MeansAll_AlsoAfterNames()
    {
        Ask(Cds, "a");
        _stream.Publish(TestView.Of("1", (Cds, "a", "1"), (Cds, "b", "1")));

        Answer(_stream.Next()!, "*");

        Assert.Equal(2, _stream.Next()!.Resources.Count);
    }

    [Fact]
    public void ChangedCluster_IsSentWithTheFullSet()
    {
        Ask(Cds);
        _stream.Publish(TestView.Of("1", (Cds, "a", "1"), (Cds, "b", "1")));
        Answer(_stream.Next()!);

        _stream.Publish(TestView.Of("2", (Cds, "a", "1"), (Cds, "b", "2")));

        Assert.Equal(2, _stream.Next()!.Resources.Count);
    }

    [Fact]
    public void VanishedCluster_IsSentAsASetWithoutIt()
    {
        Ask(Cds);
        _stream.Publish(TestView.Of("1", (Cds, "a", "1"), (Cds, "b", "1")));
        Answer(_stream.Next()!);

        _stream.Publish(TestView.Of("2", (Cds, "a", "1")));

        Assert.Single(_stream.Next()!.Resources);
    }

    [Fact]
    public void ChangedRoute_IsSentAlone_AndAVanishedOneIsSilent()
    {
        Ask(Rds, "80", "81", "82");
        _stream.Publish(TestView.Of("1", (Rds, "80", "1"), (Rds, "81", "1"), (Rds, "82", "1")));
        Answer(_stream.Next()!, "80", "81", "82");

        _stream.Publish(TestView.Of("2", (Rds, "80", "1"), (Rds, "81", "2")));

        Assert.Equal("2", TestView.ContentOf(Assert.Single(_stream.Next()!.Resources)));
    }

    [Fact]
    public void NewName_IsAnswered_AndTheKeptOnesNeedNotBe()
    {
        Ask(Eds, "a");
        _stream.Publish(TestView.Of("1", (Eds, "a", "1"), (Eds, "b", "1")));

        Answer(_stream.Next()!, "a", "b");

        Assert.Single(_stream.Next()!.Resources);
    }

    [Fact]
    public void NewNameThatDoesNotExist_IsAnsweredEmpty()
    {
        Ask(Eds, "a");
        _stream.Publish(TestView.Of("1", (Eds, "a", "1")));

        Answer(_stream.Next()!, "a", "b");

        Assert.Empty(_stream.Next()!.Resources);
        Assert.Null(_stream.Next());
    }

    [Fact]
    public void NameTakenAwayAndAskedForAgain_IsSentAgain()
    {
        Ask(Eds, "a", "b");
        _stream.Publish(TestView.Of("1", (Eds, "a", "1"), (Eds, "b", "1")));
        var first = _stream.Next()!;
        Answer(first, "a");
        Assert.Null(_stream.Next());

        Send(new DiscoveryRequest { TypeUrl = Eds, ResponseNonce = first.Nonce, VersionInfo = "1", ResourceNames = { "a", "b" } });

        Assert.Single(_stream.Next()!.Resources);
    }

    [Fact]
    public void Acknowledgement_IsNotAnswered()
    {
        Ask(Cds);
        _stream.Publish(TestView.Of("1", (Cds, "a", "1")));

        Answer(_stream.Next()!);

        Assert.Null(_stream.Next());
        Assert.Equal(AdsSyncState.Acknowledged, Assert.Single(_stream.Status()).State);
    }

    [Fact]
    public void StaleNonce_IsIgnored_WithItsNames()
    {
        Ask(Eds, "a");
        _stream.Publish(TestView.Of("1", (Eds, "a", "1"), (Eds, "b", "1")));
        var first = _stream.Next()!;
        Answer(first, "a");
        _stream.Publish(TestView.Of("2", (Eds, "a", "2"), (Eds, "b", "1")));
        var second = _stream.Next()!;

        Answer(first, "a", "b");

        Assert.True(_stream.HasUnacknowledged);
        Answer(second, "a");
        Assert.Null(_stream.Next());
    }

    [Fact]
    public void ErrorDetailDecides_EvenIfTheVersionAdvanced()
    {
        Ask(Cds);
        _stream.Publish(TestView.Of("7", (Cds, "a", "1")));
        var response = _stream.Next()!;

        Send(new DiscoveryRequest
        {
            TypeUrl = Cds,
            ResponseNonce = response.Nonce,
            VersionInfo = "7",
            ErrorDetail = new Google.Rpc.Status { Message = "a: partly bad" },
        });

        Assert.Null(_stream.Next());
        var status = Assert.Single(_stream.Status());
        Assert.Equal((AdsSyncState.Refused, "a: partly bad", (string?)null), (status.State, status.Error, status.AcknowledgedVersion));
    }

    [Fact]
    public void RefusalWithoutText_HasASentenceAllTheSame()
    {
        Ask(Cds);
        _stream.Publish(TestView.Of("7", (Cds, "a", "1")));

        Send(new DiscoveryRequest { TypeUrl = Cds, ResponseNonce = _stream.Next()!.Nonce, ErrorDetail = new Google.Rpc.Status { Code = 3 } });

        Assert.Contains("no reason", Assert.Single(_stream.Status()).Error);
    }

    [Fact]
    public void FirstRequestAfterAReconnect_IsAnswered_ThoughItNamesAVersion()
    {
        Send(new DiscoveryRequest { Node = new Node { Id = "n" }, TypeUrl = Cds, VersionInfo = "1" });
        _stream.Publish(TestView.Of("1", (Cds, "a", "1")));

        Assert.Single(_stream.Next()!.Resources);
    }

    [Fact]
    public void FirstRequestWithANonceOfAnEarlierStream_IsAFirstRequest()
    {
        Send(new DiscoveryRequest { Node = new Node { Id = "n" }, TypeUrl = Cds, VersionInfo = "1", ResponseNonce = "77" });
        _stream.Publish(TestView.Of("1", (Cds, "a", "1")));

        Assert.Single(_stream.Next()!.Resources);
    }

    [Fact]
    public void ChangedCluster_ForcesItsEndpoints()
    {
        Ask(Cds);
        Ask(Eds, "c", "d");
        _stream.Publish(TestView.Of("1", (Cds, "c", "1"), (Eds, "c", "1"), (Eds, "d", "1")));
        while (_stream.Next() is { } response)
        {
            Answer(response, response.TypeUrl == Eds ? ["c", "d"] : []);
        }

        _stream.Publish(TestView.Of("2", (Cds, "c", "2"), (Eds, "c", "1"), (Eds, "d", "1")));

        Assert.Equal(Cds, _stream.Next()!.TypeUrl);
        var endpoints = _stream.Next()!;
        Assert.Equal((Eds, 1), (endpoints.TypeUrl, endpoints.Resources.Count));
    }

    [Fact]
    public void NoncesAndVersions_AreToldWithEachResponse()
    {
        Ask(Cds);
        Ask(Lds);
        _stream.Publish(TestView.Of("42"));

        var first = _stream.Next()!;
        var second = _stream.Next()!;

        Assert.Equal("42", first.VersionInfo);
        Assert.NotEqual(first.Nonce, second.Nonce);
    }

    private void Ask(string type, params string[] names) =>
        Send(new DiscoveryRequest { Node = new Node { Id = "n" }, TypeUrl = type, ResourceNames = { names } });

    private void Send(DiscoveryRequest request) => Assert.Null(_stream.OnRequest(request));

    private void Answer(DiscoveryResponse response, params string[] names) => Send(new DiscoveryRequest
    {
        TypeUrl = response.TypeUrl,
        ResponseNonce = response.Nonce,
        VersionInfo = response.VersionInfo,
        ResourceNames = { names },
    });
}
