using static Weft.Resources.DiagnosticLevel;

namespace Weft.Resources.Diagnostics;

internal static partial class AnalysisDiagnostics
{
    public static readonly DiagnosticDefinition GatewayConflict = new("IST0145", "Two gateways serve one host on one port", Error, "The same workloads would serve one host on one port in two ways.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: public}
            spec:
              servers:
              - hosts: ["*.example.com"]
                port: {number: 80, name: http, protocol: HTTP}
            ---
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: second}
            spec:
              servers:
              - hosts: ["*.example.com"]
                port: {number: 80, name: http, protocol: HTTP}

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: public}
            spec:
              servers:
              - hosts: ["*.example.com"]
                port: {number: 80, name: http, protocol: HTTP}
            ---
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: second}
            spec:
              servers:
              - hosts: ["*.example.org"]
                port: {number: 80, name: http, protocol: HTTP}

            """,
    };

    public static readonly DiagnosticDefinition TelemetryOverlap = new("IST0159", "Two Telemetries select the same workloads", Error, "Only one Telemetry applies to a workload; which of two is open.")
    {
        Bad =
            """
            apiVersion: telemetry.istio.io/v1
            kind: Telemetry
            metadata: {name: a}
            spec:
              selector: {matchLabels: {app: shop}}
            ---
            apiVersion: telemetry.istio.io/v1
            kind: Telemetry
            metadata: {name: b}
            spec:
              selector: {matchLabels: {app: shop}}

            """,
        Good =
            """
            apiVersion: telemetry.istio.io/v1
            kind: Telemetry
            metadata: {name: a}
            spec:
              selector: {matchLabels: {app: shop}}

            """,
    };

    public static readonly DiagnosticDefinition TelemetryDefaults = new("IST0160", "Two Telemetries are the default of one namespace", Error, "A Telemetry without selector is its namespace's default; there is one.")
    {
        Bad =
            """
            apiVersion: telemetry.istio.io/v1
            kind: Telemetry
            metadata: {name: a}
            spec:
              accessLogging: [{disabled: true}]
            ---
            apiVersion: telemetry.istio.io/v1
            kind: Telemetry
            metadata: {name: b}
            spec:
              accessLogging: [{disabled: true}]

            """,
        Good =
            """
            apiVersion: telemetry.istio.io/v1
            kind: Telemetry
            metadata: {name: a}
            spec:
              accessLogging: [{disabled: true}]

            """,
    };

    public static readonly DiagnosticDefinition RuleHostUnknown = new("IST0174", "A DestinationRule's host is not known", Warning, "No service has the host, so the rule has no effect.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: reviews}
            spec:
              host: reviews
              subsets: [{name: v1, labels: {version: v1}}]

            """,
        Good =
            """
            apiVersion: v1
            kind: Service
            metadata: {name: reviews}
            spec:
              ports: [{name: http, port: 80}]
            ---
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: reviews}
            spec:
              host: reviews
              subsets: [{name: v1, labels: {version: v1}}]

            """,
    };

    public static readonly DiagnosticDefinition HostUnknown = new("WFT1001", "A destination's host is not known", Warning, "No Service, ServiceEntry or Workload has the host: requests that are routed there are answered with 503.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: reviews}
            spec:
              hosts: [reviews]
              http:
              - route: [{destination: {host: reviews}}]

            """,
        Good =
            """
            apiVersion: v1
            kind: Service
            metadata: {name: reviews}
            spec:
              ports: [{name: http, port: 80}]
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: reviews}
            spec:
              hosts: [reviews]
              http:
              - route: [{destination: {host: reviews}}]

            """,
    };

    public static readonly DiagnosticDefinition DelegateCycle = new("WFT1002", "Delegates form a cycle", Error, "Following the delegates leads back to where it began, so there are no rules to include.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: a}
            spec:
              hosts: [reviews]
              http: [{delegate: {name: b}}]
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: b}
            spec:
              http: [{delegate: {name: a}}]

            """,
        Good =
            """
            apiVersion: v1
            kind: Service
            metadata: {name: reviews}
            spec:
              ports: [{name: http, port: 80}]
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: a}
            spec:
              hosts: [reviews]
              http: [{delegate: {name: b}}]
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: b}
            spec:
              http: [{route: [{destination: {host: reviews}}]}]

            """,
    };

    public static readonly DiagnosticDefinition DelegateHasHosts = new("WFT1003", "A delegate has hosts of its own", Error, "A VirtualService with hosts stands for itself and cannot be included by another one.")
    {
        Bad =
            """
            apiVersion: v1
            kind: Service
            metadata: {name: reviews}
            spec:
              ports: [{name: http, port: 80}]
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: a}
            spec:
              hosts: [reviews]
              http: [{delegate: {name: b}}]
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: b}
            spec:
              hosts: [other]
              http: [{route: [{destination: {host: reviews}}]}]

            """,
        Good =
            """
            apiVersion: v1
            kind: Service
            metadata: {name: reviews}
            spec:
              ports: [{name: http, port: 80}]
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: a}
            spec:
              hosts: [reviews]
              http: [{delegate: {name: b}}]
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: b}
            spec:
              http: [{route: [{destination: {host: reviews}}]}]

            """,
    };
}
