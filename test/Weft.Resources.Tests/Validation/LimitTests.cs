namespace Weft.Resources.Tests.Validation;

/// <summary>Bounds on lists and texts: the largest allowed is fine, one more is refused at the list.</summary>
public sealed class LimitTests
{
    [Theory]
    [InlineData("ServiceEntry", 256, "hosts", "ports: [{number: 80, name: a, protocol: HTTP}]\nresolution: NONE\nhosts: [", "h{0}.example.com")]
    [InlineData("ServiceEntry", 256, "addresses", "hosts: [a.com]\nports: [{number: 80, name: a, protocol: HTTP}]\naddresses: [", "10.0.0.1")]
    [InlineData("ServiceEntry", 256, "ports", "hosts: [a.com]\nports: [", "{{number: {0}, name: p{0}, protocol: HTTP}}")]
    [InlineData("ServiceEntry", 4096, "endpoints", "hosts: [a.com]\nresolution: STATIC\nports: [{number: 80, name: a, protocol: HTTP}]\nendpoints: [", "{{address: 10.0.0.1}}")]
    [InlineData("AuthorizationPolicy", 512, "rules", "rules: [", "{{}}")]
    [InlineData("AuthorizationPolicy", 16, "targetRefs", "targetRefs: [", "{{kind: Service, name: s{0}}}")]
    [InlineData("RequestAuthentication", 4096, "jwtRules", "jwtRules: [", "{{issuer: i{0}}}")]
    [InlineData("DestinationRule", 4096, "portLevelSettings", "host: a\ntrafficPolicy:\n  portLevelSettings: [", "{{port: {{number: 80}}, tls: {{mode: DISABLE}}}}")]
    public void ListAtItsLimit_IsAcceptedAndOneMoreIsNot(string kind, int limit, string field, string before, string item)
    {
        string Body(int count) => before + string.Join(", ", Enumerable.Range(1, count).Select(i => string.Format(System.Globalization.CultureInfo.InvariantCulture, item, i))) + "]";
        MarkedDocument.AssertClean(kind, Body(limit));
        string body = Body(limit + 1);
        int at = body.LastIndexOf(field + ": [", StringComparison.Ordinal);
        MarkedDocument.AssertFinding(kind, "WFT0317", body.Insert(at, "»"));
    }

    [Fact]
    public void MapsAndTextsOverTheirLimit_AreRefused()
    {
        static string Ports(int count) => "address: 10.0.0.1\n»ports: {" + string.Join(", ", Enumerable.Range(1, count).Select(i => $"p{i}: {i}")) + "}";
        MarkedDocument.AssertClean("WorkloadEntry", Ports(128).Replace("»", "", StringComparison.Ordinal));
        MarkedDocument.AssertFinding("WorkloadEntry", "WFT0317", Ports(129));
        MarkedDocument.AssertFinding("ProxyConfig", "WFT0317", $"environmentVariables: {{»A: {new string('x', 2049)}}}");
        MarkedDocument.AssertFinding("TrafficExtension", "WFT0317", $"lua: {{»inlineCode: {new string('x', 65537)}}}");
        MarkedDocument.AssertFinding("WasmPlugin", "WFT0317", $"url: a\n»pluginName: {new string('x', 257)}");
        MarkedDocument.AssertFinding("WasmPlugin", "WFT0317", $"url: a\n»imagePullSecret: {new string('x', 254)}");
        MarkedDocument.AssertFinding("WasmPlugin", "WFT0317", $"url: a\nvmConfig: {{env: [{{name: A, »value: {new string('x', 2049)}}}]}}");
        MarkedDocument.AssertFinding("AuthorizationPolicy", "WFT0317", $"rules: [{{from: [{{source: {{serviceAccounts: [»{new string('x', 321)}]}}}}]}}]");
        MarkedDocument.AssertFinding("AuthorizationPolicy", "WFT0317", $"rules: [{{from: [{{source: {{»serviceAccounts: [{string.Join(", ", Enumerable.Range(0, 17).Select(i => $"a{i}"))}]}}}}]}}]");
        MarkedDocument.AssertFinding("RequestAuthentication", "WFT0317", $"jwtRules: [{{issuer: a, »spaceDelimitedClaims: [{string.Join(", ", Enumerable.Range(0, 65).Select(i => $"a{i}"))}]}}]");
    }

    [Theory]
    [InlineData("WFT0309", "networks: {n: {endpoints: [{»fromCidr: 10.0.0.0/40}], gateways: []}}")]
    [InlineData("WFT0316", "networks: {n: {endpoints: [{fromCidr: 10.0.0.0/8}, {»fromCidr: 10.0.0.0/8}]}}")]
    [InlineData("WFT0316", "networks: {n: {endpoints: [{fromRegistry: a}, {»fromRegistry: a}]}}")]
    [InlineData("WFT0301", "networks: {n: {endpoints: [»{}]}}")]
    [InlineData("WFT0301", "networks: {n: {endpoints: [{»fromRegistry: \"\"}]}}")]
    [InlineData("WFT0301", "networks: {n: {gateways: [»{port: 80}]}}")]
    [InlineData("WFT0302", "networks: {n: {gateways: [{address: 10.0.0.1, »port: 0}]}}")]
    public void MeshNetworks_AreRefusedAtTheirPlace(string code, string networks)
    {
        MarkedDocument document = MarkedDocument.Parse($"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: istio}}\ndata:\n  meshNetworks: |\n    {networks}\n");
        Diagnostic finding = Assert.Single(MarkedDocument.Observe(ResourceReader.Read(document.Text, "a.yaml")).Diagnostics, d => d.Code != "WFT0014");
        Assert.Equal((code, document.Expected!.Value.Line, document.Expected.Value.Column), (finding.Code, finding.Line!.Value, finding.Column!.Value));
    }
}
