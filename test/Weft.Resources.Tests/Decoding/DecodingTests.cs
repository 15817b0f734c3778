using Google.Protobuf.WellKnownTypes;
using Istio.Extensions.V1Alpha1;
using Istio.Networking.V1Alpha3;
using Weft.Resources.Decoding;
using Weft.Resources.Tests.Validation;

namespace Weft.Resources.Tests.Decoding;

public sealed class DecodingTests
{
    private const string Route = "hosts: [a]\nhttp:\n- route: [{destination: {host: b}}]\n";

    [Theory]
    [InlineData("WFT0101", "»hots: [a]", "Did you mean \"hosts\"?")]
    [InlineData("WFT0101", Route + "  match: [{»timeout: 5s}]", "It belongs in spec.http[0]: check the indentation.")]
    [InlineData("WFT0101", Route + "  match: [{uri: {»zzzzzz: a}}]", "Fields here: exact, prefix, regex.")]
    [InlineData("WFT0102", Route + "  timeout: »[5s]", "Write for example: timeout: 10s")]
    [InlineData("WFT0105", Route + "  timeout: »5", "A number needs its unit: 5s.")]
    [InlineData("WFT0105", Route + "  timeout: »5 minutes", "Write a number with its unit: 500ms, 1.5s, 2m, 1h30m.")]
    [InlineData("WFT0102", "hosts: »a\nhttp: [{route: [{destination: {host: b}}]}]", "Write for example: hosts: [text]")]
    [InlineData("WFT0102", "hosts: [»80]\nhttp: [{route: [{destination: {host: b}}]}]", "Write it in quotes: \"80\".")]
    [InlineData("WFT0102", "hosts: [»yes]\nhttp: [{route: [{destination: {host: b}}]}]", "Write it in quotes: \"yes\".")]
    [InlineData("WFT0102", "hosts: [a, »null]\nhttp: [{route: [{destination: {host: b}}]}]", "Write for example: hosts: text")]
    [InlineData("WFT0102", "hosts: [a]\nhttp: »{route: []}", "Write for example: http: [{name: text}]")]
    [InlineData("WFT0102", "hosts: [a]\nhttp: [»a]", "Write for example: http: {name: text}")]
    [InlineData("WFT0102", Route + "  match: [{ignoreUriCase: »1}]", "Write for example: ignoreUriCase: true")]
    [InlineData("WFT0102", Route + "  match: [{port: »http}]", "Write for example: port: 80")]
    [InlineData("WFT0104", Route + "  match: [{port: »-1}]", null)]
    [InlineData("WFT0104", "hosts: [a]\nhttp:\n- route: [{destination: {host: b}, weight: »99999999999}]", null)]
    [InlineData("WFT0103", Route + "  corsPolicy: {unmatchedPreflights: »forward}", "Did you mean FORWARD?")]
    [InlineData("WFT0106", Route + "- match: [{port: 80}]\n  directResponse: {status: 200, body: {bytes: »\"%%%\"}}", "Encode the bytes first: base64 -w0 FILE. In a Secret, plain text belongs in stringData.")]
    [InlineData("WFT0107", Route + "  match: [{uri: {prefix: /a, »exact: /b}}]", "Remove prefix or exact.")]
    [InlineData("WFT0008", Route + "  match: [{sourceLabels: {a: b}, »source_labels: {c: d}}]", "Keep one of them.")]
    public void FieldThatDoesNotFit_IsReportedOnceWithWhatToWrite(string code, string body, string? hint)
    {
        if (code == "WFT0106")
            body = body.Replace("http:\n- route: [{destination: {host: b}}]\n- match: [{port: 80}]\n  ", "http:\n- ", StringComparison.Ordinal);
        if (body.StartsWith("»hots", StringComparison.Ordinal))
            body += "\nhttp: [{route: [{destination: {host: b}}]}]";
        MarkedDocument document = MarkedDocument.OfBody("VirtualService", body);
        Diagnostic finding = Assert.Single(ResourceReader.Read(document.Text, "a.yaml").Diagnostics);
        Assert.Equal((code, document.Expected!.Value.Line, document.Expected.Value.Column), (finding.Code, finding.Line!.Value, finding.Column!.Value));
        Assert.Equal(hint, finding.Hint);
        Assert.Equal(("VirtualService", "default", "test"), (finding.Kind, finding.Namespace, finding.Name));
    }

    [Fact]
    public void EveryForm_OfAValueIsUnderstood()
    {
        DestinationRule rule = Read<DestinationRule>("DestinationRule", """
            host: a
            traffic_policy:
              loadBalancer: {simple: 4, warmup: {duration: 1m30s, minimum_percent: 12.5}}
              outlierDetection: {consecutive_5xx_errors: "7", baseEjectionTime: 0.5h, interval: 1e0s}
              connectionPool: {tcp: {maxConnections: 0x10}, http: {http1MaxPendingRequests: 1e3, useClientProtocol: yes}}
            exportTo: null
            """.Replace(", interval: 1e0s", "", StringComparison.Ordinal));
        Assert.Equal(LoadBalancerSettings.Types.SimpleLB.RoundRobin, rule.TrafficPolicy.LoadBalancer.Simple);
        Assert.Equal((90, 12.5), (rule.TrafficPolicy.LoadBalancer.Warmup.Duration.Seconds, rule.TrafficPolicy.LoadBalancer.Warmup.MinimumPercent));
        Assert.Equal((7u, 1800L), (rule.TrafficPolicy.OutlierDetection.Consecutive5XxErrors, rule.TrafficPolicy.OutlierDetection.BaseEjectionTime.Seconds));
        Assert.Equal((16, 1000, true), (rule.TrafficPolicy.ConnectionPool.Tcp.MaxConnections, rule.TrafficPolicy.ConnectionPool.Http.Http1MaxPendingRequests, rule.TrafficPolicy.ConnectionPool.Http.UseClientProtocol));
    }

    [Fact]
    public void FreeFormValues_KeepTheirTypes()
    {
        WasmPlugin plugin = Read<WasmPlugin>("WasmPlugin", "url: a\npluginConfig: {text: \"1\", number: 1.5, list: [true, null, {a: b}]}");
        Struct config = plugin.PluginConfig;
        Assert.Equal("1", config.Fields["text"].StringValue);
        Assert.Equal(1.5, config.Fields["number"].NumberValue);
        Assert.Equal([Value.KindOneofCase.BoolValue, Value.KindOneofCase.NullValue, Value.KindOneofCase.StructValue], config.Fields["list"].ListValue.Values.Select(v => v.KindCase));
    }

    [Theory]
    [InlineData("1.5s", 1, 500_000_000)]
    [InlineData("1h2m3s4ms", 3723, 4_000_000)]
    [InlineData("100us", 0, 100_000)]
    [InlineData("0", 0, 0)]
    [InlineData("-1.5s", -1, -500_000_000)]
    [InlineData(".5m", 30, 0)]
    [InlineData("315576000000s", 315576000000, 0)]
    public void Duration_IsRead(string text, long seconds, int nanos)
    {
        Assert.True(DurationText.TryParse(text, out Duration duration));
        Assert.Equal((seconds, nanos), (duration.Seconds, duration.Nanos));
        Assert.True(DurationText.TryParse(DurationText.Format(duration), out Duration again));
        Assert.Equal(duration, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("1")]
    [InlineData("1 s")]
    [InlineData("1.2.3s")]
    [InlineData("1d")]
    [InlineData("315576000001s")]
    [InlineData("99999999999999999999999999999999999999999999999999999999999999999999h")]
    public void NoDuration_IsRefused(string text) => Assert.False(DurationText.TryParse(text, out _));

    [Fact]
    public void PositionsOfFields_AreFoundByPath()
    {
        ResourceObject read = ResourceReader.Read("apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  labels:\n    app.kubernetes.io/name: b\nspec:\n  ports:\n  - port: 80\n    target_port: 81\n", "a.yaml").Objects[0];
        Assert.Equal(new SourcePosition(6, 5), read.Positions.Find("metadata.labels[\"app.kubernetes.io/name\"]"));
        Assert.Equal(new SourcePosition(10, 5), read.Positions.Find("spec.ports[0].targetPort"));
        Assert.Equal(new SourcePosition(9, 5), read.Positions.Find("spec.ports[0].nodePort.x"));
        Assert.Equal(new SourcePosition(8, 3), read.Positions.Find("spec.ports[7]"));
        Assert.False(read.Positions.Has("spec.type"));
    }

    [Fact]
    public void MetadataAndItsDefaults_AreRead()
    {
        ResourceObject read = ResourceReader.Read("apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  creationTimestamp: 2026-01-31T12:00:00Z\n  annotations: {x: y}\nspec: {ports: [{port: 80}]}\n", "a.yaml").Objects[0];
        Assert.Equal(("default", new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero), "y"), (read.Namespace, read.CreationTimestamp!.Value, read.Annotations["x"]));
        Assert.Equal(new ResourceKey("", "Service", "default", "a"), read.Key);
    }

    [Theory]
    [InlineData("WFT0201", "metadata: {}")]
    [InlineData("WFT0202", "metadata: {name: A}")]
    [InlineData("WFT0202", "metadata: {name: a, namespace: a.b}")]
    [InlineData("WFT0203", "metadata: {name: a, labels: {x: \"a b\"}}")]
    [InlineData("WFT0203", "metadata: {name: a, labels: {\"a b\": x}}")]
    [InlineData("WFT0204", "metadata: {name: a, annotations: {internal.istio.io/webhook-always-reject: \"\"}}")]
    [InlineData("WFT0204", "metadata: {name: a, annotations: {internal.istio.io/parents: x}}")]
    [InlineData("WFT0204", "metadata: {name: a, annotations: {istio.io/dry-run: \"true\"}}")]
    [InlineData("WFT0204", "metadata: {name: a, annotations: {\"a b\": x}}")]
    [InlineData("IST0108", "metadata: {name: a, annotations: {sidecar.istio.io/injekt: \"true\"}}")]
    [InlineData("WFT0101", "metadata: {name: a, lables: {x: y}}")]
    public void Metadata_IsChecked(string code, string metadata) => Assert.Equal(
        code, Assert.Single(ResourceReader.Read($"apiVersion: v1\nkind: Service\n{metadata}\nspec: {{ports: [{{port: 80}}]}}\n", "a.yaml").Diagnostics).Code);

    [Theory]
    [InlineData("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: n}", "Deployment", "n", "a")]
    [InlineData("apiVersion: v1\nkind: Srvice\nmetadata: {name: a}", "Srvice", null, "a")]
    [InlineData("apiVersion: v1\nkind: Service\nmetadata: {name: a, nmespace: n}\nspec: {ports: [{port: 80}]}", "Service", "default", "a")]
    [InlineData("apiVersion: v1\nkind: Namespace\nmetadata: {name: A}", "Namespace", null, "A")]
    [InlineData("kind: [", null, null, null)]
    public void Finding_NamesItsObjectAsFarAsItIsKnown(string text, string? kind, string? space, string? name)
    {
        Diagnostic finding = Assert.Single(ResourceReader.Read(text, "a.yaml").Diagnostics);
        Assert.Equal((kind, space, name), (finding.Kind, finding.Namespace, finding.Name));
    }

    private static T Read<T>(string kind, string body)
    {
        ReadResult result = ResourceReader.Read(MarkedDocument.OfBody(kind, body).Text, "a.yaml");
        Assert.DoesNotContain(result.Diagnostics, d => d.Level == DiagnosticLevel.Error);
        return Assert.IsType<T>(result.Objects[0].Spec);
    }
}
