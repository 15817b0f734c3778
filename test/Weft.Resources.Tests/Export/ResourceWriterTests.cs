using System.Text.Json;
using CsCheck;
using Kubernetes.Core.V1;
using Weft.Resources.Export;

namespace Weft.Resources.Tests.Export;

public sealed class ResourceWriterTests
{
    [Fact]
    public void Object_IsWrittenInCanonicalOrder()
    {
        const string text = """
            kind: VirtualService
            spec:
              http:
              - timeout: 5s
                route: [{weight: 0, destination: {port: {number: 80}, host: b}}]
                match: [{query_params: {a: {exact: "1"}}}]
              hosts: ["*.a.com", yes-man]
            metadata: {labels: {app: x}, name: a}
            apiVersion: networking.istio.io/v1
            """;
        Assert.Equal(
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata:
              name: a
              namespace: default
              labels:
                app: x
            spec:
              hosts:
              - "*.a.com"
              - yes-man
              http:
              - match:
                - queryParams:
                    a:
                      exact: "1"
                route:
                - destination:
                    host: b
                    port:
                      number: 80
                  weight: 0
                timeout: 5s

            """.ReplaceLineEndings("\n"),
            ResourceWriter.ToYaml(Read(text)));
    }

    [Fact]
    public void Json_IsWellFormedAndTyped()
    {
        using JsonDocument json = JsonDocument.Parse(ResourceWriter.ToJson([Read("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {publishNotReadyAddresses: yes, ports: [{port: 0x50}]}\n")]));
        JsonElement item = json.RootElement.GetProperty("items")[0];
        Assert.Equal("List", json.RootElement.GetProperty("kind").GetString());
        Assert.Equal(80, item.GetProperty("spec").GetProperty("ports")[0].GetProperty("port").GetInt32());
        Assert.True(item.GetProperty("spec").GetProperty("publishNotReadyAddresses").GetBoolean());
    }

    [Fact]
    public void AnyText_SurvivesWritingAndReading() =>
        Gen.String[Gen.Char[" abAB01:-#\"'{}[]*&!|>%@`\\\n\t\r,.~ßé"], 0, 30].Sample(value =>
        {
            string json = JsonSerializer.Serialize(value);
            ResourceObject first = Read($"{{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {{\"name\": \"a\"}}, \"data\": {{\"k\": {json}, {json[..^1]}x\": \"v\"}}}}");
            ResourceObject fromYaml = Read(ResourceWriter.ToYaml(first)), fromJson = Read(ResourceWriter.ToJson(first));
            return ((ConfigMap)first.Spec).Data["k"] == value && first.Spec.Equals(fromYaml.Spec) && first.Spec.Equals(fromJson.Spec);
        });

    [Fact]
    public void MeshConfig_IsWrittenWithItsDefaults()
    {
        string yaml = ResourceWriter.ToYaml(Read("trustDomain: example.org\n"));
        Assert.Contains("trustDomain: example.org\n", yaml, StringComparison.Ordinal);
        Assert.Contains("rootNamespace: istio-system\n", yaml, StringComparison.Ordinal);
    }

    private static ResourceObject Read(string text)
    {
        ReadResult result = ResourceReader.Read(text, "a.yaml");
        Assert.False(result.HasErrors, string.Join('\n', result.Diagnostics));
        return Assert.Single(result.Objects);
    }
}
