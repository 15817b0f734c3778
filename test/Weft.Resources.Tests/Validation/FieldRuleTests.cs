namespace Weft.Resources.Tests.Validation;

/// <summary>Rules of single fields that no other test of this folder raises: one document each, found by <see cref="RuleCoverageTests"/>.</summary>
public sealed class FieldRuleTests
{
    [Theory]
    [InlineData("WasmPlugin", "WFT0313", "spec.selector", "url: a\nselector: {matchLabels: {\"\": b}}")]
    [InlineData("WasmPlugin", "WFT0315", "spec.targetRefs", "url: a\nselector: {matchLabels: {a: b}}\ntargetRefs: [{kind: Service, name: a}]")]
    [InlineData("TrafficExtension", "WFT0313", "spec.selector", "lua: {inlineCode: a}\nselector: {matchLabels: {\"\": b}}")]
    [InlineData("TrafficExtension", "WFT0315", "spec.targetRefs", "lua: {inlineCode: a}\nselector: {matchLabels: {a: b}}\ntargetRefs: [{kind: Service, name: a}]")]
    [InlineData("PeerAuthentication", "WFT0313", "spec.selector.matchLabels.-a", "selector: {matchLabels: {\"-a\": b}}")]
    [InlineData("DestinationRule", "WFT0304", "spec.trafficPolicy.connectionPool.tcp.tcpKeepalive.interval", "host: a\ntrafficPolicy: {connectionPool: {tcp: {tcpKeepalive: {interval: 0s}}}}")]
    [InlineData("DestinationRule", "WFT0320", "spec.trafficPolicy.outlierDetection.consecutiveErrors is -1", "host: a\ntrafficPolicy: {outlierDetection: {consecutiveErrors: -1}}")]
    [InlineData("DestinationRule", "WFT0304", "spec.trafficPolicy.connectionPool.tcp.maxConnectionDuration", "host: a\ntrafficPolicy: {connectionPool: {tcp: {maxConnectionDuration: 0s}}}")]
    [InlineData("DestinationRule", "WFT0304", "spec.trafficPolicy.connectionPool.tcp.idleTimeout", "host: a\ntrafficPolicy: {connectionPool: {tcp: {idleTimeout: -1s}}}")]
    [InlineData("DestinationRule", "WFT0304", "spec.trafficPolicy.connectionPool.http.idleTimeout", "host: a\ntrafficPolicy: {connectionPool: {http: {idleTimeout: -1s}}}")]
    [InlineData("DestinationRule", "WFT0304", "spec.trafficPolicy.connectionPool.http.http2KeepAlive.interval", "host: a\ntrafficPolicy: {connectionPool: {http: {http2KeepAlive: {interval: 0s, timeout: 1s}}}}")]
    [InlineData("DestinationRule", "WFT0304", "spec.trafficPolicy.retryBudget.budgetInterval", "host: a\ntrafficPolicy: {retryBudget: {budgetInterval: -1s}}")]
    [InlineData("DestinationRule", "WFT0301", "spec.trafficPolicy.tunnel.targetHost", "host: a\ntrafficPolicy: {tunnel: {targetPort: 80}}")]
    [InlineData("EnvoyFilter", "WFT0313", "spec.workloadSelector.labels", "workloadSelector: {labels: {\"\": b}}\nconfigPatches: [{applyTo: HTTP_FILTER, patch: {operation: REMOVE}}]")]
    [InlineData("EnvoyFilter", "WFT0315", "spec.targetRefs", "workloadSelector: {labels: {a: b}}\ntargetRefs: [{kind: Service, name: a}]\nconfigPatches: [{applyTo: HTTP_FILTER, patch: {operation: REMOVE}}]")]
    [InlineData("ProxyConfig", "WFT0313", "spec.selector", "selector: {matchLabels: {\"\": b}}\nconcurrency: 1")]
    [InlineData("EnvoyFilter", "WFT0302", "spec.configPatches[0].match.waypoint.portNumber", "configPatches: [{applyTo: HTTP_FILTER, match: {context: WAYPOINT, waypoint: {portNumber: 70000}}, patch: {operation: REMOVE}}]")]
    [InlineData("Gateway", "WFT0301", "spec.servers[0].port.protocol", "servers: [{port: {number: 80, name: http}, hosts: [\"*\"]}]")]
    [InlineData("Gateway", "WFT0303", "spec.servers[0].hosts[0]", "servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [\"a_b.com\"]}]")]
    [InlineData("VirtualService", "WFT0301", "spec.http[0].rewrite.uriRegexRewrite.match", "hosts: [a]\nhttp: [{rewrite: {uriRegexRewrite: {rewrite: /a}}, route: [{destination: {host: a}}]}]")]
    [InlineData("VirtualService", "WFT0301", "spec.http[0].match[0].queryParams", "hosts: [a]\nhttp: [{match: [{queryParams: {\"\": {exact: a}}}], route: [{destination: {host: a}}]}]")]
    [InlineData("VirtualService", "WFT0306", "spec.http[0].corsPolicy.exposeHeaders[0]", "hosts: [a]\nhttp: [{corsPolicy: {exposeHeaders: [\"a b\"]}, route: [{destination: {host: a}}]}]")]
    [InlineData("VirtualService", "WFT0304", "spec.http[0].corsPolicy.maxAge", "hosts: [a]\nhttp: [{corsPolicy: {maxAge: -1s}, route: [{destination: {host: a}}]}]")]
    [InlineData("VirtualService", "IST0002", "spec.http[0].fault.delay.percent is deprecated", "hosts: [a]\nhttp: [{fault: {delay: {percent: 5, fixedDelay: 1s}}, route: [{destination: {host: a}}]}]")]
    [InlineData("VirtualService", "WFT0320", "spec.http[0].fault.delay.percent is 101", "hosts: [a]\nhttp: [{fault: {delay: {percent: 101, fixedDelay: 1s}}, route: [{destination: {host: a}}]}]")]
    [InlineData("VirtualService", "WFT0308", "spec.http[0].fault.delay.percentage", "hosts: [a]\nhttp: [{fault: {delay: {percentage: {value: 101}, fixedDelay: 1s}}, route: [{destination: {host: a}}]}]")]
    [InlineData("VirtualService", "WFT0304", "spec.http[0].fault.delay.fixedDelay", "hosts: [a]\nhttp: [{fault: {delay: {percentage: {value: 1}, fixedDelay: 0s}}, route: [{destination: {host: a}}]}]")]
    [InlineData("VirtualService", "WFT0308", "spec.http[0].fault.abort.percentage", "hosts: [a]\nhttp: [{fault: {abort: {percentage: {value: 101}, httpStatus: 503}}, route: [{destination: {host: a}}]}]")]
    [InlineData("VirtualService", "WFT0319", "spec.http[0].delegate.name", "hosts: [a]\nhttp: [{delegate: {name: A_b}}]")]
    [InlineData("VirtualService", "WFT0319", "spec.http[0].delegate.namespace", "hosts: [a]\nhttp: [{delegate: {name: a, namespace: A_b}}]")]
    [InlineData("VirtualService", "WFT0308", "spec.http[0].mirrorPercent is 101", "hosts: [a]\nhttp: [{mirror: {host: b}, mirrorPercent: 101, route: [{destination: {host: a}}]}]")]
    [InlineData("VirtualService", "WFT0308", "spec.http[0].mirrors[0].percentage", "hosts: [a]\nhttp: [{mirrors: [{destination: {host: b}, percentage: {value: 101}}], route: [{destination: {host: a}}]}]")]
    [InlineData("VirtualService", "WFT0302", "spec.tls[0].match[0].port", "hosts: [a.com]\ntls: [{match: [{sniHosts: [a.com], port: 70000}], route: [{destination: {host: a}}]}]")]
    [InlineData("VirtualService", "WFT0323", "spec.tls[0].match[0].sourceLabels", "hosts: [a.com]\ntls: [{match: [{sniHosts: [a.com], sourceLabels: {\"-a\": b}}], route: [{destination: {host: a}}]}]")]
    [InlineData("VirtualService", "WFT0319", "spec.tls[0].match[0].sourceNamespace", "hosts: [a.com]\ntls: [{match: [{sniHosts: [a.com], sourceNamespace: A_b}], route: [{destination: {host: a}}]}]")]
    [InlineData("VirtualService", "IST0002", "spec.tcp[0].match[0].sourceSubnet is deprecated", "hosts: [a.com]\ntcp: [{match: [{sourceSubnet: 10.0.0.0/8}], route: [{destination: {host: a}}]}]")]
    [InlineData("VirtualService", "WFT0309", "spec.tcp[0].match[0].sourceSubnet is no", "hosts: [a.com]\ntcp: [{match: [{sourceSubnet: x}], route: [{destination: {host: a}}]}]")]
    [InlineData("VirtualService", "WFT0323", "spec.tcp[0].match[0].sourceLabels", "hosts: [a.com]\ntcp: [{match: [{sourceLabels: {\"-a\": b}}], route: [{destination: {host: a}}]}]")]
    [InlineData("VirtualService", "WFT0319", "spec.tcp[0].match[0].sourceNamespace", "hosts: [a.com]\ntcp: [{match: [{sourceNamespace: A_b}], route: [{destination: {host: a}}]}]")]
    [InlineData("VirtualService", "WFT0303", "spec.tls[0].match[0].sniHosts[0]", "hosts: [a.com]\ntls: [{match: [{sniHosts: [\"a_b..com\"]}], route: [{destination: {host: a}}]}]")]
    [InlineData("DestinationRule", "WFT0315", "spec.trafficPolicy.loadBalancer.warmupDurationSecs cannot", "host: a\ntrafficPolicy: {loadBalancer: {simple: ROUND_ROBIN, warmup: {duration: 1s}, warmupDurationSecs: 1s}}")]
    [InlineData("DestinationRule", "WFT0301", "spec.trafficPolicy.loadBalancer.consistentHash.httpCookie.attributes[0].name", "host: a\ntrafficPolicy: {loadBalancer: {consistentHash: {httpCookie: {name: a, ttl: 1s, attributes: [{value: b}]}}}}")]
    [InlineData("DestinationRule", "WFT0304", "spec.trafficPolicy.loadBalancer.warmup.duration", "host: a\ntrafficPolicy: {loadBalancer: {simple: ROUND_ROBIN, warmup: {duration: 0s}}}")]
    [InlineData("Gateway", "WFT0301", "spec.servers[0].tls.credentialNames[0]", "servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: [\"*\"], tls: {mode: SIMPLE, credentialNames: [\"\"]}}]")]
    [InlineData("Gateway", "WFT0601", "spec.servers[0].tls.tlsCertificates[0].caCertificates", "servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: [\"*\"], tls: {mode: MUTUAL, tlsCertificates: [{serverCertificate: a, privateKey: b}]}}]")]
    [InlineData("ServiceEntry", "WFT0313", "spec.workloadSelector.labels", "hosts: [a.com]\nresolution: STATIC\nports: [{number: 80, name: a, protocol: HTTP}]\nworkloadSelector: {labels: {\"\": b}}")]
    [InlineData("ServiceEntry", "WFT0301", "spec.subjectAltNames[0]", "hosts: [a.com]\nresolution: STATIC\nports: [{number: 80, name: a, protocol: HTTP}]\nsubjectAltNames: [\"\"]")]
    [InlineData("ServiceEntry", "WFT0301", "spec.ports[0].name", "hosts: [a.com]\nresolution: DNS\nports: [{number: 80, protocol: HTTP}]")]
    [InlineData("ServiceEntry", "WFT0703", "spec.endpoints[0].address is a socket, which", "hosts: [a.com]\nresolution: STATIC\nports: [{number: 80, name: a, protocol: HTTP}, {number: 81, name: b, protocol: HTTP}]\nendpoints: [{address: \"unix:///a\"}]")]
    [InlineData("ServiceEntry", "WFT0701", "spec.endpoints[0].address is a socket's", "hosts: [a.com]\nresolution: DNS\nports: [{number: 80, name: a, protocol: HTTP}]\nendpoints: [{address: \"unix:///a\"}]")]
    [InlineData("ServiceEntry", "WFT0324", "spec.workloadSelector has no effect", "hosts: [a.com]\nresolution: DNS\nports: [{number: 80, name: a, protocol: HTTP}]\nworkloadSelector: {labels: {a: b}}")]
    [InlineData("Sidecar", "WFT0801", "spec.egress[0].port.number", "egress: [{port: {number: 80, protocol: HTTP, name: a}, bind: \"unix:///a\", hosts: [\"*/*\"]}]")]
    [InlineData("Sidecar", "WFT0309", "spec.ingress[0].bind", "ingress: [{port: {number: 80, protocol: HTTP, name: a}, bind: x, defaultEndpoint: \"127.0.0.1:80\"}]")]
    [InlineData("Sidecar", "WFT0302", "spec.ingress[0].port.number", "ingress: [{port: {number: 70000, protocol: HTTP, name: a}, defaultEndpoint: \"127.0.0.1:80\"}]")]
    [InlineData("Sidecar", "WFT0310", "spec.ingress[0].port.protocol", "ingress: [{port: {number: 80, protocol: X, name: a}, defaultEndpoint: \"127.0.0.1:80\"}]")]
    [InlineData("Sidecar", "WFT0319", "spec.ingress[0].port.name", "ingress: [{port: {number: 80, protocol: HTTP, name: A_b}, defaultEndpoint: \"127.0.0.1:80\"}]")]
    [InlineData("Sidecar", "WFT0309", "spec.ingress[0].defaultEndpoint must name", "ingress: [{port: {number: 80, protocol: HTTP, name: a}, defaultEndpoint: \"unix://a\"}]")]
    [InlineData("WorkloadGroup", "WFT0320", "spec.probe.initialDelaySeconds", "template: {serviceAccount: a}\nprobe: {initialDelaySeconds: -1, tcpSocket: {port: 80}}")]
    [InlineData("WorkloadGroup", "WFT0320", "spec.probe.timeoutSeconds", "template: {serviceAccount: a}\nprobe: {timeoutSeconds: -1, tcpSocket: {port: 80}}")]
    [InlineData("WorkloadGroup", "WFT0320", "spec.probe.successThreshold", "template: {serviceAccount: a}\nprobe: {successThreshold: -1, tcpSocket: {port: 80}}")]
    [InlineData("WorkloadGroup", "WFT0320", "spec.probe.failureThreshold", "template: {serviceAccount: a}\nprobe: {failureThreshold: -1, tcpSocket: {port: 80}}")]
    [InlineData("WorkloadGroup", "WFT0302", "spec.probe.httpGet.port", "template: {serviceAccount: a}\nprobe: {httpGet: {port: 70000}}")]
    [InlineData("WorkloadGroup", "WFT0306", "spec.probe.httpGet.httpHeaders[0].name", "template: {serviceAccount: a}\nprobe: {httpGet: {port: 80, httpHeaders: [{name: \"a b\", value: c}]}}")]
    [InlineData("MeshConfig", "WFT0302", "proxyInboundListenPort is 70000", "proxyInboundListenPort: 70000")]
    [InlineData("MeshConfig", "WFT0302", "proxyHttpPort", "proxyHttpPort: 70000")]
    [InlineData("MeshConfig", "WFT0304", "protocolDetectionTimeout", "protocolDetectionTimeout: -1s")]
    [InlineData("MeshConfig", "WFT0304", "hboneIdleTimeout", "hboneIdleTimeout: -1s")]
    [InlineData("MeshConfig", "WFT0301", "rootNamespace is required", "rootNamespace: \"\"")]
    [InlineData("MeshConfig", "WFT0311", "defaultServiceExportTo", "defaultServiceExportTo: [A_b]")]
    [InlineData("MeshConfig", "WFT0311", "defaultDestinationRuleExportTo", "defaultDestinationRuleExportTo: [A_b]")]
    [InlineData("MeshConfig", "WFT0301", "extensionProviders[0].name", "extensionProviders: [{envoyFileAccessLog: {path: /a}}]")]
    [InlineData("MeshConfig", "WFT0303", "extensionProviders[0].zipkin.service cannot", "extensionProviders: [{name: a, zipkin: {service: \"a..b\", port: 80}}]")]
    [InlineData("MeshConfig", "WFT0304", "defaultConfig.terminationDrainDuration", "defaultConfig: {terminationDrainDuration: -1s}")]
    [InlineData("MeshConfig", "WFT0302", "defaultConfig.proxyAdminPort", "defaultConfig: {proxyAdminPort: 70000}")]
    [InlineData("MeshConfig", "WFT0302", "defaultConfig.statusPort", "defaultConfig: {statusPort: 70000}")]
    [InlineData("MeshConfig", "WFT0320", "defaultConfig.concurrency", "defaultConfig: {concurrency: -1}")]
    [InlineData("Service", "WFT0309", "spec.externalIPs[0]", "ports: [{name: http, port: 80}]\nexternalIPs: [x]")]
    [InlineData("Service", "WFT0318", "spec.externalTrafficPolicy", "ports: [{name: http, port: 80}]\nexternalTrafficPolicy: X")]
    [InlineData("EndpointSlice", "WFT0301", "addressType", "endpoints: [{addresses: [10.0.0.1]}]")]
    [InlineData("EndpointSlice", "WFT0303", "endpoints[0].addresses[0] cannot", "addressType: FQDN\nendpoints: [{addresses: [\"a..b\"]}]")]
    [InlineData("Endpoints", "WFT0309", "subsets[0].addresses[0].ip", "subsets: [{addresses: [{ip: x}]}]")]
    [InlineData("Endpoints", "WFT0309", "subsets[0].notReadyAddresses[0].ip", "subsets: [{notReadyAddresses: [{ip: x}]}]")]
    [InlineData("Endpoints", "WFT0302", "subsets[0].ports[0].port", "subsets: [{ports: [{port: 70000}]}]")]
    [InlineData("Service", "WFT0302", "spec.ports[0].nodePort", "ports: [{name: http, port: 80, nodePort: 70000}]")]
    [InlineData("Workload", "WFT0806", "spec.command[0] holds", "command: [\"a\\0\"]")]
    [InlineData("Workload", "WFT0319", "spec.ports[0].name cannot", "command: [a]\nports: [{name: A_b, port: 80}]")]
    [InlineData("Workload", "WFT0316", "spec.ports[1].name repeats", "command: [a]\nports: [{name: http, port: 80}, {name: http, port: 81}]")]
    [InlineData("Workload", "WFT0302", "spec.health.port", "command: [a]\nports: [{name: http, port: 80}]\nhealth: {port: 70000}")]
    [InlineData("Workload", "WFT0304", "spec.health.timeout", "command: [a]\nports: [{name: http, port: 80}]\nhealth: {timeout: 0s}")]
    [InlineData("PeerAuthentication", "WFT0313", "spec.selector.matchLabels has an empty", "selector: {matchLabels: {\"\": b}}")]
    [InlineData("RequestAuthentication", "WFT0313", "spec.selector", "selector: {matchLabels: {\"\": b}}")]
    [InlineData("RequestAuthentication", "WFT0315", "spec.targetRefs", "selector: {matchLabels: {a: b}}\ntargetRefs: [{kind: Service, name: a}]")]
    [InlineData("RequestAuthentication", "WFT0306", "spec.jwtRules[0].fromHeaders[0].name", "jwtRules: [{issuer: a, fromHeaders: [{name: \"a b\"}]}]")]
    [InlineData("RequestAuthentication", "WFT0301", "spec.jwtRules[0].outputClaimToHeaders[0].header", "jwtRules: [{issuer: a, outputClaimToHeaders: [{claim: c}]}]")]
    [InlineData("AuthorizationPolicy", "WFT0301", "spec.rules[0].to[0].operation.hosts[0]", "rules: [{to: [{operation: {hosts: [\"\"]}}]}]")]
    [InlineData("Telemetry", "WFT0313", "spec.selector", "selector: {matchLabels: {\"\": b}}")]
    [InlineData("Telemetry", "WFT0315", "spec.targetRefs", "selector: {matchLabels: {a: b}}\ntargetRefs: [{kind: Service, name: a}]")]
    [InlineData("Telemetry", "WFT0907", "spec.tracing[0].customTags has a tag", "tracing: [{customTags: {\"\": {literal: {value: a}}}}]")]
    [InlineData("Telemetry", "WFT0301", "spec.tracing[0].customTags.a.literal.value", "tracing: [{customTags: {a: {literal: {}}}}]")]
    [InlineData("Telemetry", "WFT0301", "spec.tracing[0].customTags.a.environment.name", "tracing: [{customTags: {a: {environment: {}}}}]")]
    [InlineData("Telemetry", "WFT0306", "spec.tracing[0].customTags.a.header.name is no", "tracing: [{customTags: {a: {header: {name: \"a b\"}}}}]")]
    [InlineData("Telemetry", "WFT0301", "spec.tracing[0].customTags.a.formatter.value", "tracing: [{customTags: {a: {formatter: {}}}}]")]
    [InlineData("Telemetry", "WFT0907", "spec.accessLogging[0].filter.expression", "accessLogging: [{filter: {expression: \"a)\"}}]")]
    [InlineData("DestinationRule", "WFT0304", "spec.trafficPolicy.loadBalancer.backendUtilization.weightExpirationPeriod", "host: a\ntrafficPolicy: {loadBalancer: {backendUtilization: {weightExpirationPeriod: -1s}}}")]
    [InlineData("DestinationRule", "WFT0304", "spec.trafficPolicy.loadBalancer.backendUtilization.weightStabilizationPeriod", "host: a\ntrafficPolicy: {loadBalancer: {backendUtilization: {weightStabilizationPeriod: -1s}}}")]
    [InlineData("DestinationRule", "WFT0304", "spec.trafficPolicy.loadBalancer.backendUtilization.weightUpdatePeriod", "host: a\ntrafficPolicy: {loadBalancer: {backendUtilization: {weightUpdatePeriod: -1s}}}")]
    [InlineData("DestinationRule", "WFT0301", "spec.trafficPolicy.loadBalancer.backendUtilization.metricNamesForComputingUtilization[0]", "host: a\ntrafficPolicy: {loadBalancer: {backendUtilization: {metricNamesForComputingUtilization: [\"\"]}}}")]
    [InlineData("Sidecar", "WFT0309", "spec.egress[0].bind", "egress: [{port: {number: 80, protocol: HTTP, name: a}, bind: x, hosts: [\"*/*\"]}]")]
    [InlineData("AuthorizationPolicy", "WFT0301", "spec.rules[0].when[0].values[0]", "rules: [{when: [{key: source.namespace, values: [\"\"]}]}]")]
    public void AField_IsRefusedByItsPath(string kind, string code, string message, string body)
    {
        MarkedDocument document = MarkedDocument.OfBody(kind, body);
        ReadResult result = MarkedDocument.Observe(ResourceReader.Read(document.Text, "test.yaml"));
        Assert.True(
            result.Diagnostics.Any(finding => finding.Code == code && finding.Message.StartsWith(message, StringComparison.Ordinal)),
            $"{code} '{message}' was expected in\n{document.Text}\nbut got\n{string.Join('\n', result.Diagnostics)}");
    }

    [Theory]
    [InlineData("WFT0202", "metadata.namespace cannot be", "metadata: {name: a, namespace: A_b}")]
    [InlineData("WFT0203", "metadata.labels", "metadata: {name: a, labels: {\"-a\": b}}")]
    [InlineData("WFT0204", "metadata.annotations", "metadata: {name: a, annotations: {\"-a\": b}}")]
    [InlineData("WFT0204", "metadata.annotations", "metadata: {name: a, annotations: {internal.istio.io/webhook-always-reject: a}}")]
    [InlineData("WFT0204", "metadata.annotations", "metadata: {name: a, annotations: {internal.istio.io/parents: a}}")]
    [InlineData("WFT0204", "metadata.annotations", "metadata: {name: a, annotations: {istio.io/dry-run: maybe}}")]
    [InlineData("WFT0204", "metadata.annotations", "metadata: {name: a, annotations: {istio.io/dry-run: \"true\"}}", "spec: {action: AUDIT, rules: [{}]}")]
    public void Metadata_IsRefusedByItsPath(string code, string message, string metadata, string spec = "spec: {rules: [{}]}")
    {
        ReadResult result = MarkedDocument.Observe(ResourceReader.Read($"apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n{metadata}\n{spec}\n", "test.yaml"));
        Assert.True(
            result.Diagnostics.Any(finding => finding.Code == code && finding.Message.StartsWith(message, StringComparison.Ordinal)),
            $"{code} '{message}' was expected, but got\n{string.Join('\n', result.Diagnostics)}");
    }

    [Fact]
    public void ListsAndTextsOverTheirLimit_AreRefused()
    {
        string variables = string.Join(", ", Enumerable.Range(0, 257).Select(i => $"{{name: a{i}, value: b}}"));
        AField_IsRefusedByItsPath("WasmPlugin", "WFT0317", "spec.vmConfig.env has 257", $"url: a\nvmConfig: {{env: [{variables}]}}");
        AField_IsRefusedByItsPath("WasmPlugin", "WFT0317", "spec.vmConfig.env[0].name is", $"url: a\nvmConfig: {{env: [{{name: {new string('x', 257)}, value: b}}]}}");
        string certificates = string.Join(", ", Enumerable.Repeat("{serverCertificate: a, privateKey: b}", 3));
        AField_IsRefusedByItsPath("Gateway", "WFT0317", "spec.servers[0].tls.tlsCertificates has 3", $"servers: [{{port: {{number: 443, name: https, protocol: HTTPS}}, hosts: [\"*\"], tls: {{mode: SIMPLE, tlsCertificates: [{certificates}]}}}}]");
    }
}
