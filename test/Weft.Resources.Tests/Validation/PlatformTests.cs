namespace Weft.Resources.Tests.Validation;

public sealed class PlatformTests
{
    [Theory]
    [InlineData("WFT0301", "«type: ClusterIP")]
    [InlineData("WFT0318", "»type: clusterIP\nports: [{port: 80}]")]
    [InlineData("WFT0301", "«type: ExternalName")]
    [InlineData("WFT0303", "type: ExternalName\n»externalName: a_b")]
    [InlineData("WFT0309", "»clusterIP: a\nports: [{port: 80}]")]
    [InlineData("WFT0302", "ports: [{»port: 70000}]")]
    [InlineData("WFT0316", "ports: [{name: http-a, port: 80}, {name: http-b, »port: 80}]")]
    [InlineData("WFT0301", "ports: [{name: http, port: 80}, »{port: 81}]")]
    [InlineData("WFT0316", "ports: [{name: http, port: 80}, {»name: http, port: 81}]")]
    [InlineData("WFT0319", "ports: [{»name: http-A, port: 80}]")]
    [InlineData("WFT0310", "ports: [{port: 80, »protocol: HTTP}]")]
    [InlineData("WFT0302", "ports: [{port: 80, »targetPort: 70000}]")]
    [InlineData("WFT0319", "ports: [{port: 80, »targetPort: a_b}]")]
    [InlineData("WFT0323", "ports: [{port: 80}]\nselector: {»app: \"a b\"}")]
    [InlineData("WFT0318", "ports: [{port: 80}]\n»sessionAffinity: clientip")]
    [InlineData("WFT0318", "ports: [{port: 80}]\n»internalTrafficPolicy: local")]
    [InlineData("IST0118", "ports: [{»name: web, port: 80}]")]
    [InlineData("IST0150", "type: ExternalName\nexternalName: a.com\nports: [{»name: tcp, port: 80}]")]
    [InlineData("WFT0101", "ports: [{port: 80, »targetport: 8080}]")]
    public void Service_IsRefusedAtItsPlace(string code, string body) => MarkedDocument.AssertFinding("Service", code, body);

    [Theory]
    [InlineData("WFT0318", "»addressType: ipv4")]
    [InlineData("WFT0309", "addressType: IPv4\nendpoints: [{addresses: [»\"::1\"]}]")]
    [InlineData("WFT0301", "addressType: IPv4\nendpoints: [»{nodeName: a}]")]
    [InlineData("WFT0302", "addressType: IPv4\nports: [{»port: 0}]")]
    [InlineData("WFT0310", "addressType: IPv4\nports: [{port: 80, »protocol: http}]")]
    public void EndpointSlice_IsRefusedAtItsPlace(string code, string body) => MarkedDocument.AssertFinding("EndpointSlice", code, body);

    [Theory]
    [InlineData("WFT0301", "«ports: [{port: 80}]")]
    [InlineData("WFT0302", "command: [a]\nports: [{»port: 0}]")]
    [InlineData("WFT0302", "command: [a]\nports: [{port: 80, »appPort: 70000}]")]
    [InlineData("WFT0316", "command: [a]\nports: [{port: 80, appPort: 1}, {»port: 80, appPort: 2}]")]
    [InlineData("WFT0316", "command: [a]\nports: [{port: 80, appPort: 1}, »{port: 81, appPort: 1}]")]
    [InlineData("WFT0310", "command: [a]\nports: [{port: 80, »protocol: HTPP}]")]
    [InlineData("WFT0319", "command: [a]\nenv: {»\"a=b\": c}")]
    [InlineData("WFT0102", "command: [a]\nenv: [»{value: c}]")]
    [InlineData("WFT0008", "command: [a]\nenv: [{name: A, value: c}, {name: »A, value: d}]")]
    [InlineData("WFT0101", "command: [a]\nenv: [{name: A, »valeu: c}]")]
    [InlineData("WFT0319", "command: [a]\n»serviceAccount: \"a b\"")]
    [InlineData("WFT0319", "command: [a]\n»service: a.b")]
    [InlineData("WFT0803", "command: [a]\nhealth: {»path: a, port: 80}")]
    [InlineData("WFT0301", "command: [a]\n»health: {path: /a}")]
    [InlineData("WFT0304", "command: [a]\nhealth: {port: 80, »interval: 0s}")]
    [InlineData("WFT0103", "command: [a]\nrestart: »Sometimes")]
    [InlineData("WFT0806", "command: [a]\n»stopSignal: SIGTREM")]
    [InlineData("WFT0806", "command: [a]\nwaitFor: [»test]")]
    [InlineData("WFT0316", "command: [a]\nwaitFor: [b, »b]")]
    [InlineData("WFT0102", "»command: ./run.sh")]
    public void Workload_IsRefusedAtItsPlace(string code, string body)
    {
        // A wrong type is placed at the value, not at the name.
        if (code == "WFT0102" && body.StartsWith('»'))
            body = "command: »./run.sh";
        MarkedDocument.AssertFinding("Workload", code, body);
    }

    [Theory]
    [InlineData("WFT0302", "»proxyListenPort: 70000")]
    [InlineData("WFT0807", "»proxyInboundListenPort: 15001")]
    [InlineData("WFT0304", "»connectTimeout: 0s")]
    [InlineData("WFT0304", "»dnsRefreshRate: 0s")]
    [InlineData("WFT0807", "»trustDomain: a_b")]
    [InlineData("WFT0807", "trustDomainAliases: [»a_b]")]
    [InlineData("WFT0319", "»rootNamespace: a.b")]
    [InlineData("WFT0311", "defaultVirtualServiceExportTo: [»\"~\"]")]
    [InlineData("WFT0410", "defaultHttpRetryPolicy: {»retryOn: nothing}")]
    [InlineData("WFT0318", "meshMTLS: {ecdhCurves: [»P-1]}")]
    [InlineData("WFT0807", "extensionProviders: [»{name: a}]")]
    [InlineData("WFT0301", "extensionProviders: [{name: a, »zipkin: {port: 9411}}]")]
    [InlineData("WFT0302", "extensionProviders: [{name: a, »zipkin: {service: zipkin.default}}]")]
    [InlineData("WFT0316", "extensionProviders: [{name: a, prometheus: {}}, {»name: a, prometheus: {}}]")]
    [InlineData("WFT0304", "defaultConfig: {»drainDuration: 0s}")]
    [InlineData("WFT0320", "defaultConfig: {tracing: {»sampling: 101}}")]
    [InlineData("WFT0305", "defaultConfig: {proxyStatsMatcher: {inclusionRegexps: [»\"(\"]}}")]
    [InlineData("WFT0103", "outboundTrafficPolicy: {mode: »ALLOW_NONE}")]
    public void MeshConfig_IsRefusedAtItsPlace(string code, string body) => MarkedDocument.AssertFinding("MeshConfig", code, body);

    [Theory]
    [InlineData("Service", "clusterIP: None\nselector: {app.kubernetes.io/name: a}")]
    [InlineData("Service", "ports: [{name: http, port: 80, targetPort: 8080, appProtocol: kubernetes.io/h2c}, {name: tcp-b, port: 81, targetPort: web}]\nclusterIP: 10.0.0.1\nclusterIPs: [10.0.0.1]\nipFamilyPolicy: SingleStack")]
    [InlineData("EndpointSlice", "addressType: IPv4\nendpoints: [{addresses: [10.0.0.1], conditions: {ready: true}}]\nports: [{name: \"\", port: 80, protocol: TCP}]")]
    [InlineData("Endpoints", "subsets: [{addresses: [{ip: 10.0.0.1}], ports: [{port: 80}]}]")]
    [InlineData("Workload", "command: [python3, app.py]\nenv: {A: b, C: \"1\"}\nports: [{name: http, port: 80, appPort: 8080}]\nhealth: {path: /healthz}\nrestart: OnFailure\nstopSignal: INT\nwaitFor: [db]")]
    [InlineData("Workload", "command: [a]\nenv:\n- name: A\n  value: b\n- {name: C}")]
    [InlineData("ConfigMap", "data: {a: b}")]
    [InlineData("Secret", "type: kubernetes.io/tls\ndata: {tls.crt: aGVsbG8=, tls.key: aGVsbG8}\nstringData: {a: b}")]
    [InlineData("Namespace", "{}")]
    [InlineData("ServiceAccount", "imagePullSecrets: [{name: a}]")]
    public void ValidKinds_HaveNoFindings(string kind, string body) => MarkedDocument.AssertClean(kind, body);
}
