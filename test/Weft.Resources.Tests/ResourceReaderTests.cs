using Istio.Networking.V1Alpha3;

namespace Weft.Resources.Tests;

public sealed class ResourceReaderTests
{
    /// <summary>The two documents of a first-time user, as they are found in many tutorials.</summary>
    public const string ApacheGateway = """
        apiVersion: networking.istio.io/v1alpha3
        kind: VirtualService
        metadata:
          name: apache
        spec:
          hosts:
            - "*"
          gateways:
            - microservice-gateway
          http:
            - match:
                - uri:
                    prefix: /
              route:
                - destination:
                    port:
                      number: 80
                    host: apache
        ---
        apiVersion: networking.istio.io/v1alpha3
        kind: Gateway
        metadata:
          name: microservice-gateway
        spec:
          selector:
            istio: ingressgateway
          servers:
            - port:
                number: 80
                name: http
                protocol: HTTP
              hosts:
                - "*"
        """;

    [Fact]
    public void GatewayAndVirtualService_AreReadWithoutFindings()
    {
        ReadResult result = ResourceReader.Read(ApacheGateway, "apache.yaml");

        Assert.Empty(result.Diagnostics);
        Assert.Equal(2, result.Objects.Count);
        VirtualService service = Assert.IsType<VirtualService>(result.Objects[0].Spec);
        Assert.Equal("apache", service.Http[0].Route[0].Destination.Host);
        Assert.Equal(80u, service.Http[0].Route[0].Destination.Port.Number);
        Assert.Equal("/", service.Http[0].Match[0].Uri.Prefix);
        Gateway gateway = Assert.IsType<Gateway>(result.Objects[1].Spec);
        Assert.Equal("ingressgateway", gateway.Selector["istio"]);
        Assert.Equal("default", result.Objects[1].Namespace);
        Assert.Equal(new SourcePosition(20, 1), new SourcePosition(result.Objects[1].Line, result.Objects[1].Column));
        Assert.Equal(new SourcePosition(18, 13), result.Objects[0].Positions.Find("spec.http[0].route[0].destination.host"));
    }
}
