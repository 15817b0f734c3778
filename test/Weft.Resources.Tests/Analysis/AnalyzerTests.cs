using Weft.Resources.Analysis;

namespace Weft.Resources.Tests.Analysis;

public sealed class AnalyzerTests
{
    private const string Reviews = """
        apiVersion: v1
        kind: Service
        metadata: {name: reviews}
        spec: {ports: [{name: http, port: 80}]}
        ---
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: reviews}
        spec: {host: reviews, subsets: [{name: v1}, {name: v2}]}
        """;

    [Fact]
    public void SubsetThatNoRuleDefines_IsAnError()
    {
        Diagnostic finding = Single(Reviews + Service("a", "hosts: [reviews]\n  http: [{route: [{destination: {host: reviews, subset: v3}}]}]"));
        Assert.Equal(("IST0101", DiagnosticLevel.Error, "a"), (finding.Code, finding.Level, finding.Name));
        Assert.Contains("v3", finding.Message, StringComparison.Ordinal);
        Assert.Equal("Did you mean v1?", finding.Hint);
        Assert.Empty(Analyze(Reviews + Service("a", "hosts: [reviews]\n  http: [{route: [{destination: {host: reviews, subset: v2}}]}]")));
    }

    [Theory]
    [InlineData("reviews.default.svc.cluster.local")]
    [InlineData("\"*.default.svc.cluster.local\"")]
    public void SubsetOfARuleWithAnotherFormOfTheHost_IsFound(string host) => Assert.Empty(Analyze(
        Reviews.Replace("host: reviews", $"host: {host}", StringComparison.Ordinal) + Service("a", "hosts: [reviews]\n  http: [{route: [{destination: {host: reviews, subset: v2}}]}]")));

    [Fact]
    public void UnknownHost_IsAWarning()
    {
        Diagnostic finding = Single(Reviews + Service("a", "hosts: [x]\n  http: [{route: [{destination: {host: ratings}}]}]"));
        Assert.Equal(("WFT1001", DiagnosticLevel.Warning), (finding.Code, finding.Level));
    }

    [Fact]
    public void HostOfAnotherNamespaceOrAWorkload_IsKnown() => Assert.Empty(Analyze(
        Reviews + Service("a", "hosts: [x]\n  http: [{route: [{destination: {host: reviews.default}}]}]", "other")
        + "\n---\napiVersion: weft.dev/v1alpha1\nkind: Workload\nmetadata: {name: w-1, labels: {app: w}}\nspec: {command: [a], ports: [{port: 80}]}"
        + Service("b", "hosts: [y]\n  http: [{route: [{destination: {host: w}}]}]")));

    [Fact]
    public void ServiceWithSeveralPortsAndADestinationWithout_IsAnError()
    {
        string ports = Reviews.Replace("{name: http, port: 80}", "{name: http, port: 80}, {name: b, port: 81}", StringComparison.Ordinal);
        Assert.Equal("IST0112", Single(ports + Service("a", "hosts: [reviews]\n  http: [{route: [{destination: {host: reviews}}]}]")).Code);
        Assert.Empty(Analyze(ports + Service("a", "hosts: [reviews]\n  http: [{route: [{destination: {host: reviews, port: {number: 81}}}]}]")));
    }

    [Fact]
    public void UnknownGateway_IsAnErrorWithTheOneThatWasMeant()
    {
        const string gateway = "\n---\napiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: public}\nspec: {servers: [{hosts: [\"*.a.com\"], port: {number: 80, name: a, protocol: HTTP}}]}";
        Diagnostic finding = Single(Reviews + gateway + Service("a", "hosts: [x.a.com]\n  gateways: [pubic]\n  http: [{route: [{destination: {host: reviews}}]}]"));
        Assert.Equal(("IST0101", "Did you mean public?"), (finding.Code, finding.Hint));
        Assert.Equal("IST0132", Single(Reviews + gateway + Service("a", "hosts: [x.b.com]\n  gateways: [public]\n  http: [{route: [{destination: {host: reviews}}]}]")).Code);
        Assert.Empty(Analyze(Reviews + gateway + Service("a", "hosts: [x.a.com]\n  gateways: [default/public]\n  http: [{route: [{destination: {host: reviews}}]}]")));
    }

    [Fact]
    public void CyclicDelegates_AreFoundAndEnd()
    {
        IReadOnlyList<Diagnostic> findings = Analyze(
            Service("a", "hosts: [x]\n  http: [{delegate: {name: b}}]") + Service("b", "http: [{delegate: {name: c}}]") + Service("c", "http: [{delegate: {name: a}}]"));
        Assert.Equal(3, findings.Count(f => f.Code == "WFT1002"));
        Assert.Contains("default/a → default/b → default/c → default/a", findings[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DelegateThatIsMissingOrHasHosts_IsAnError()
    {
        const string rules = "http: [{route: [{destination: {host: 10.0.0.1}}]}]";
        Assert.Equal("IST0101", Single(Service("a", "hosts: [x]\n  http: [{delegate: {name: b}}]")).Code);
        Assert.Equal("WFT1003", Single(Service("a", "hosts: [x]\n  http: [{delegate: {name: b}}]") + Service("b", "hosts: [y]\n  " + rules)).Code);
        Assert.Empty(Analyze(Service("a", "hosts: [x]\n  http: [{delegate: {name: b, namespace: n}}]") + Service("b", rules, "n")));
    }

    [Fact]
    public void TwoServicesForOneHostInTheMesh_Conflict()
    {
        const string rules = "\n  http: [{route: [{destination: {host: reviews}}]}]";
        Assert.Equal("IST0109", Single(Reviews + Service("a", "hosts: [reviews]" + rules) + Service("b", "hosts: [reviews.default.svc.cluster.local]" + rules)).Code);
        Assert.Empty(Analyze(Reviews + Service("a", "hosts: [reviews]" + rules) + Service("b", "hosts: [reviews]\n  exportTo: [.]" + rules.Replace("reviews", "reviews.default", StringComparison.Ordinal), "other")));
    }

    [Fact]
    public void TwoDocumentsWithOneName_AreReportedAtTheSecond()
    {
        const string rules = "hosts: [x]\n  http: [{redirect: {uri: /a}}]";
        Diagnostic finding = Single(Service("a", rules) + Service("a", rules.Replace("hosts: [x]", "hosts: [y]", StringComparison.Ordinal)));
        Assert.Equal(("WFT0205", 14, 12), (finding.Code, finding.Line, finding.Column));
        Assert.Contains("mesh.yaml:4", finding.Message, StringComparison.Ordinal);
        Assert.Empty(Analyze(Service("a", rules) + Service("a", rules.Replace("[x]", "[y]", StringComparison.Ordinal), "other")));
    }

    [Theory]
    [InlineData("IST0111", "Sidecar", "{egress: [{hosts: [\"./*\"]}]}")]
    [InlineData("IST0110", "Sidecar", "{workloadSelector: {labels: {app: a}}, egress: [{hosts: [\"./*\"]}]}")]
    [InlineData("IST0160", "Telemetry", "{accessLogging: []}")]
    [InlineData("IST0159", "Telemetry", "{selector: {matchLabels: {app: a}}}")]
    [InlineData("IST0145", "Gateway", "{servers: [{hosts: [a.com], port: {number: 80, name: a, protocol: HTTP}}]}")]
    public void TwoForTheSameWorkloads_Conflict(string code, string kind, string spec)
    {
        string Document(string name, string space) =>
            $"\n---\napiVersion: {KindCatalog.FindByName(kind)!.ApiVersion}\nkind: {kind}\nmetadata: {{name: {name}, namespace: {space}}}\nspec: {spec}";
        Assert.Equal(code, Single(Document("a", "n") + Document("b", "n")).Code);
        Assert.Empty(Analyze(Document("a", "n")));
    }

    [Fact]
    public void RuleForAnUnknownHost_IsAWarning() =>
        Assert.Equal("IST0174", Single("apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: a}\nspec: {host: nowhere}").Code);

    private static string Service(string name, string spec, string space = "default") =>
        $"\n---\n\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: {name}, namespace: {space}}}\nspec:\n  {spec}";

    private static Diagnostic Single(string yaml)
    {
        IReadOnlyList<Diagnostic> findings = Analyze(yaml);
        Assert.True(findings.Count == 1, string.Join('\n', findings));
        Assert.Equal("mesh.yaml", findings[0].File);
        return findings[0];
    }

    private static IReadOnlyList<Diagnostic> Analyze(string yaml) => Analyzer.Analyze(ResourceReader.Read(yaml, "mesh.yaml").Objects);
}
