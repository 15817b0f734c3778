using Istio.Networking.V1Alpha3;
using Kubernetes.Core.V1;

namespace Weft.Resources.Tests.Yaml;

/// <summary>The forms in which a right file may be written.</summary>
public sealed class DocumentFormTests
{
    [Fact]
    public void JsonAndYaml_GiveTheSameObjectAndPlaces()
    {
        const string json = """
            {
              "apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
              "metadata": {"name": "aé\ud83d\ude00"},
              "spec": {"hosts": ["a"], "http": [{"timeout": "1\u0073",
                "route": [{"destination": {"host": "b"}, "weigth": 3}]}]}
            }
            """;
        ReadResult result = ResourceReader.Read(json, "a.json");
        VirtualService service = Assert.IsType<VirtualService>(result.Objects[0].Spec);
        Assert.Equal(1, service.Http[0].Timeout.Seconds);
        Diagnostic finding = result.Diagnostics.Single(d => d.Code == "WFT0101");
        Assert.Equal((5, 46), (finding.Line!.Value, finding.Column!.Value));
        Assert.Equal("Did you mean \"weight\"?", finding.Hint);
    }

    [Fact]
    public void ObjectWithAKeyWrittenTwice_IsNotValid()
    {
        ReadResult result = ResourceReader.Read("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  labels: {x: y, x: z}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n---\ntrustDomain: a.b\ntrustDomain: c.d\n", "a.yaml");
        Assert.Equal([("a", false), ("b", true), ("istio", false)], result.Objects.Select(o => (o.Name, o.IsValid)));
        Assert.Equal([("Namespace", "a", 5), ("MeshConfig", "istio", 12)], result.Diagnostics.Select(d => (d.Kind!, d.Name!, d.Line!.Value)));
    }

    [Fact]
    public void DuplicateKeyInJson_IsReported()
    {
        foreach (string file in new[] { "a.json", "a.yaml" })
        {
            Diagnostic finding = ResourceReader.Read("{\"apiVersion\": \"v1\", \"kind\": \"Namespace\",\n \"kind\": \"Secret\", \"metadata\": {\"name\": \"a\"}}", file).Diagnostics[0];
            Assert.Equal(("WFT0008", 2, 2), (finding.Code, finding.Line!.Value, finding.Column!.Value));
        }
    }

    [Fact]
    public void MalformedJson_IsReportedWithItsPlace()
    {
        Diagnostic finding = Assert.Single(ResourceReader.Read("{\n  \"a\": 1,,\n}", "a.json").Diagnostics);
        Assert.Equal(("WFT0001", 2), (finding.Code, finding.Line!.Value));
    }

    [Fact]
    public void ListsAndDirectivesAndWindowsLines_AreRead()
    {
        const string text = "%YAML 1.1\r\n---\r\napiVersion: v1\r\nkind: List\r\nitems:\r\n- apiVersion: v1\r\n  kind: Namespace\r\n  metadata: {name: a}\r\n- apiVersion: v1\r\n  kind: NamespaceList\r\n  items:\r\n  - {apiVersion: v1, kind: Namespace, metadata: {name: b}}\r\n...\r\n--- # next\r\n{apiVersion: v1, kind: Namespace, metadata: {name: c}}\r\n";
        ReadResult result = ResourceReader.Read(text, "a.yaml");
        Assert.Empty(result.Diagnostics);
        Assert.Equal([("a", 6), ("b", 12), ("c", 15)], result.Objects.Select(o => (o.Name, o.Line)));
        Assert.All(result.Objects, o => Assert.Equal("", o.Namespace));
    }

    [Fact]
    public void AnchorsAndMergeKeys_AreFollowed()
    {
        const string text = """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: a}
            spec:
              hosts: [a]
              http:
              - &base
                timeout: 5s
                route: [&to {destination: {host: b}}]
              - <<: *base
                name: second
                match: [{port: 80}]
                route: [*to]
            """;
        VirtualService service = (VirtualService)ResourceReader.Read(text, "a.yaml").Objects[0].Spec;
        Assert.Equal((5, "second", "b"), (service.Http[1].Timeout.Seconds, service.Http[1].Name, service.Http[1].Route[0].Destination.Host));
    }

    [Fact]
    public void MarkerLineInABlockScalar_EndsTheDocument()
    {
        ReadResult result = ResourceReader.Read("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: |\n    one\n    --- two\n\n    three\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n", "a.yaml");
        Assert.Empty(result.Diagnostics);
        Assert.Equal("one\n--- two\n\nthree\n", ((ConfigMap)result.Objects[0].Spec).Data["x"]);
        Assert.Equal("b", result.Objects[1].Name);
    }

    [Fact]
    public void EveryServedVersion_IsRead()
    {
        foreach (KindDefinition kind in KindCatalog.All.Where(k => k.Group != KindCatalog.Mesh))
        {
            foreach (string version in kind.Versions)
            {
                string apiVersion = kind.Group.Length == 0 ? version : $"{kind.Group}/{version}";
                ResourceObject read = Assert.Single(ResourceReader.Read($"apiVersion: {apiVersion}\nkind: {kind.Name}\nmetadata: {{name: a}}\n", "a.yaml").Objects);
                Assert.Equal((kind, apiVersion), (read.Definition, read.ApiVersion));
            }
        }
    }

    [Theory]
    [InlineData("vs", "VirtualService")]
    [InlineData("VirtualServices", "VirtualService")]
    [InlineData("gateways.networking.istio.io", "Gateway")]
    [InlineData("svc", "Service")]
    [InlineData("pa", "PeerAuthentication")]
    [InlineData("wl", "Workload")]
    public void KindsHaveShortNames_ForCommands(string name, string kind) => Assert.Equal(kind, KindCatalog.FindByName(name)?.Name);

    [Fact]
    public void AcceptedKinds_AreReportedAsNotEnforced()
    {
        ReadResult result = ResourceReader.Read("apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a}\nspec: {}\n", "a.yaml");
        Assert.Equal(("WFT0014", DiagnosticLevel.Info, "AuthorizationPolicy"), (result.Diagnostics[0].Code, result.Diagnostics[0].Level, result.Diagnostics[0].Kind));
        Assert.True(Assert.Single(result.Objects).IsValid);
        Assert.False(result.HasErrors);
    }
}
