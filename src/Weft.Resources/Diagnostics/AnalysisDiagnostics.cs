using static Weft.Resources.DiagnosticLevel;

namespace Weft.Resources.Diagnostics;

/// <summary>Codes for what shows only when objects are seen together.</summary>
internal static partial class AnalysisDiagnostics
{
    public static readonly DiagnosticDefinition NotFound = new("IST0101", "A referenced object is not found", Error, "The object names a subset, gateway or delegate that does not exist. Requests that depend on it fail with 503 or do not reach the rule.")
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
            kind: DestinationRule
            metadata: {name: reviews}
            spec:
              host: reviews
              subsets: [{name: v1, labels: {version: v1}}]
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: reviews}
            spec:
              hosts: [reviews]
              http:
              - route: [{destination: {host: reviews, subset: v2}}]

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
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: reviews}
            spec:
              hosts: [reviews]
              http:
              - route: [{destination: {host: reviews, subset: v1}}]

            """,
    };

    public static readonly DiagnosticDefinition HostConflict = new("IST0109", "Two VirtualServices have one host", Error, "Inside the mesh only one VirtualService per host is used, the oldest. At gateways several are joined.")
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
              http:
              - route: [{destination: {host: reviews}}]
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: b}
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
            metadata: {name: a}
            spec:
              hosts: [reviews]
              http:
              - route: [{destination: {host: reviews}}]

            """,
    };

    public static readonly DiagnosticDefinition SidecarOverlap = new("IST0110", "Two Sidecars select the same workloads", Error, "Only one Sidecar applies to a workload; which of two is open.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: Sidecar
            metadata: {name: a}
            spec:
              workloadSelector: {labels: {app: shop}}
              egress: [{hosts: ["./*"]}]
            ---
            apiVersion: networking.istio.io/v1
            kind: Sidecar
            metadata: {name: b}
            spec:
              workloadSelector: {labels: {app: shop}}
              egress: [{hosts: ["./*"]}]

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: Sidecar
            metadata: {name: a}
            spec:
              workloadSelector: {labels: {app: shop}}
              egress: [{hosts: ["./*"]}]
            ---
            apiVersion: networking.istio.io/v1
            kind: Sidecar
            metadata: {name: b}
            spec:
              workloadSelector: {labels: {app: store}}
              egress: [{hosts: ["./*"]}]

            """,
    };

    public static readonly DiagnosticDefinition SidecarDefaults = new("IST0111", "Two Sidecars are the default of one namespace", Error, "A Sidecar without selector is its namespace's default; there is one.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: Sidecar
            metadata: {name: a}
            spec:
              egress: [{hosts: ["./*"]}]
            ---
            apiVersion: networking.istio.io/v1
            kind: Sidecar
            metadata: {name: b}
            spec:
              egress: [{hosts: ["*/*"]}]

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: Sidecar
            metadata: {name: a}
            spec:
              egress: [{hosts: ["./*"]}]

            """,
    };

    public static readonly DiagnosticDefinition PortNeeded = new("IST0112", "A destination needs a port", Error, "The service has several ports, and the destination does not say which one is meant.")
    {
        Bad =
            """
            apiVersion: v1
            kind: Service
            metadata: {name: reviews}
            spec:
              ports: [{name: http, port: 80}, {name: admin, port: 81}]
            ---
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
              ports: [{name: http, port: 80}, {name: admin, port: 81}]
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: reviews}
            spec:
              hosts: [reviews]
              http:
              - route: [{destination: {host: reviews, port: {number: 80}}}]

            """,
    };

    public static readonly DiagnosticDefinition HostNotInGateway = new("IST0132", "A host is not served by the gateway", Warning, "The gateway's servers do not have the host, so no request for it arrives.")
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
            kind: Gateway
            metadata: {name: public}
            spec:
              servers:
              - hosts: ["*.example.com"]
                port: {number: 80, name: http, protocol: HTTP}
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: reviews}
            spec:
              hosts: [shop.example.org]
              http:
              - route: [{destination: {host: reviews}}]
              gateways: [public]

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
            kind: Gateway
            metadata: {name: public}
            spec:
              servers:
              - hosts: ["*.example.com"]
                port: {number: 80, name: http, protocol: HTTP}
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: reviews}
            spec:
              hosts: [shop.example.com]
              http:
              - route: [{destination: {host: reviews}}]
              gateways: [public]

            """,
    };
}
