using System.Text;
using Istio.Mesh.V1Alpha1;

namespace Weft.Resources.Tests.Decoding;

public sealed class MeshConfigTests
{
    [Fact]
    public void MeshConfigFile_KeepsDefaultsWhereItSaysNothing()
    {
        MeshConfig mesh = Read("trustDomain: example.org\noutboundTrafficPolicy: {mode: REGISTRY_ONLY}\ndefaultConfig: {concurrency: 4}\nextensionProviders: [{name: mine, prometheus: {}}]\nenableTracing: false\n");
        Assert.Equal(("example.org", false, true), (mesh.TrustDomain, mesh.EnableTracing, mesh.EnableAutoMtls));
        Assert.Equal(MeshConfig.Types.OutboundTrafficPolicy.Types.Mode.RegistryOnly, mesh.OutboundTrafficPolicy.Mode);
        Assert.Equal((10L, "istio-system", 15001), (mesh.ConnectTimeout.Seconds, mesh.RootNamespace, mesh.ProxyListenPort));
        Assert.Equal((4, 15000, 45L), (mesh.DefaultConfig.Concurrency, mesh.DefaultConfig.ProxyAdminPort, mesh.DefaultConfig.DrainDuration.Seconds));
        Assert.Equal(["mine", "prometheus", "stackdriver", "envoy"], mesh.ExtensionProviders.Select(p => p.Name));
        Assert.Equal(["*"], mesh.DefaultServiceExportTo);
    }

    [Fact]
    public void ListInTheFile_ReplacesTheDefault() => Assert.Equal(["."], Read("defaultServiceExportTo: [.]").DefaultServiceExportTo);

    [Fact]
    public void ConfigMap_IsReadWithThePlacesOfItsLines()
    {
        const string text = """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: istio
              namespace: istio-system
            data:
              mesh: |-
                # the mesh
                trustDomain: example.org
                trustDomian: twice
                connectTimeout: soon
              meshNetworks: "networks: {}"
            """;
        using MemoryStream stream = new(Encoding.UTF8.GetBytes(text));
        ReadResult result = ResourceReader.ReadMeshConfig(stream, "mesh.yaml");

        ResourceObject mesh = Assert.Single(result.Objects, o => o.Spec is MeshConfig);
        Assert.Equal(("example.org", "istio", "istio-system"), (((MeshConfig)mesh.Spec).TrustDomain, mesh.Name, mesh.Namespace));
        Assert.False(mesh.IsValid);
        Assert.Equal([("WFT0101", 10, 5), ("WFT0105", 11, 21)], result.Diagnostics.Where(d => d.Level == DiagnosticLevel.Error).Select(d => (d.Code, d.Line!.Value, d.Column!.Value)));
        Assert.Contains(ResourceReader.Read(text, "mesh.yaml").Objects, o => o.Kind == "MeshConfig");
        Assert.Single(result.Objects, o => o.Spec is MeshNetworks);
    }

    [Fact]
    public void ConfigMapInJson_PlacesFindingsAtTheScalar()
    {
        ReadResult result = ResourceReader.Read("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"istio\"},\n\"data\":{\"mesh\":\"a: b\\nc: d\\n\"}}", "mesh.json");
        Assert.All(result.Diagnostics, d => Assert.Equal((2, 16), (d.Line!.Value, d.Column!.Value)));
        Assert.Equal(2, result.Diagnostics.Count);
    }

    [Fact]
    public void OtherFileAsMeshConfiguration_IsRefused()
    {
        using MemoryStream stream = new(Encoding.UTF8.GetBytes("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"));
        Assert.Equal("WFT0009", Assert.Single(ResourceReader.ReadMeshConfig(stream, "mesh.yaml").Diagnostics).Code);
    }

    [Fact]
    public void MeshConfigAmongOtherFiles_IsRecognised()
    {
        ResourceObject mesh = Assert.Single(ResourceReader.Read("accessLogFile: /dev/stdout\n", "mesh.yaml").Objects);
        Assert.Equal(KindCatalog.MeshConfig, mesh.Definition);
    }

    private static MeshConfig Read(string text)
    {
        using MemoryStream stream = new(Encoding.UTF8.GetBytes(text));
        ReadResult result = ResourceReader.ReadMeshConfig(stream, "mesh.yaml");
        Assert.Empty(result.Diagnostics);
        return (MeshConfig)Assert.Single(result.Objects).Spec;
    }
}
