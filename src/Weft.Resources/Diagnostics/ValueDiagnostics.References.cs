using static Weft.Resources.DiagnosticLevel;

namespace Weft.Resources.Diagnostics;

internal static partial class ValueDiagnostics
{
    public static readonly DiagnosticDefinition Protocol = new("WFT0310", "The protocol is not known", Error, "The protocol decides how traffic on a port is read. In a Service it is TCP, UDP or SCTP, and what is spoken over it stands in the port's name or in appProtocol.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata:
              name: example
            spec:
              hosts: [api.example.com]
              resolution: DNS
              ports: [{number: 443, name: tls, protocol: SSL}]

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata:
              name: example
            spec:
              hosts: [api.example.com]
              resolution: DNS
              ports: [{number: 443, name: tls, protocol: TLS}]

            """,
    };

    public static readonly DiagnosticDefinition ExportTo = new("WFT0311", "exportTo names no valid place", Error, "exportTo lists namespaces: * for all, . for the object's own, or a name. * stands alone, and nothing is named twice.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata:
              name: example
            spec:
              hosts: [reviews]
              http:
              - route: [{destination: {host: reviews}}]
              exportTo: ["*", shop]

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata:
              name: example
            spec:
              hosts: [reviews]
              http:
              - route: [{destination: {host: reviews}}]
              exportTo: [., shop]

            """,
    };

    public static readonly DiagnosticDefinition GatewayName = new("WFT0312", "A gateway's name is not valid", Error, "gateways holds mesh, names of Gateways, or namespace/name.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata:
              name: example
            spec:
              hosts: [reviews]
              http:
              - route: [{destination: {host: reviews}}]
              gateways: [shop/public/http]

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata:
              name: example
            spec:
              hosts: [reviews]
              http:
              - route: [{destination: {host: reviews}}]
              gateways: [shop/public]

            """,
    };

    public static readonly DiagnosticDefinition Selector = new("WFT0313", "A workload selector is not valid", Error, "Labels of a selector are compared exactly: no wildcards, no empty keys.")
    {
        Bad =
            """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata:
              name: example
            spec:
              selector: {matchLabels: {app: "shop-*"}}

            """,
        Good =
            """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata:
              name: example
            spec:
              selector: {matchLabels: {app: shop}}

            """,
    };

    public static readonly DiagnosticDefinition TargetRef = new("WFT0314", "A target reference is not valid", Error, "A policy targets a Service, ServiceEntry, Gateway or GatewayClass of its own namespace.")
    {
        Bad =
            """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata:
              name: example
            spec:
              targetRefs: [{kind: Deployment, group: apps, name: shop}]

            """,
        Good =
            """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata:
              name: example
            spec:
              targetRefs: [{kind: Service, name: shop}]

            """,
    };

    public static readonly DiagnosticDefinition Exclusive = new("WFT0315", "Fields exclude each other", Error, "The fields say the same thing in two ways, or contradict each other.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata:
              name: example
            spec:
              hosts: [reviews]
              http:
              - route: [{destination: {host: reviews}}]
                rewrite: {uri: /a, uriRegexRewrite: {match: b, rewrite: c}}

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata:
              name: example
            spec:
              hosts: [reviews]
              http:
              - route: [{destination: {host: reviews}}]
                rewrite: {uri: /a}

            """,
    };

    public static readonly DiagnosticDefinition Duplicate = new("WFT0316", "A value is written twice", Error, "The list holds each value, name or number once.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata:
              name: example
            spec:
              host: reviews
              subsets: [{name: v1}, {name: v1}]

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata:
              name: example
            spec:
              host: reviews
              subsets: [{name: v1}, {name: v2}]

            """,
    };

    public static readonly DiagnosticDefinition Limit = new("WFT0317", "A limit is exceeded", Error, "Lists and texts have bounds, so that one object cannot burden every proxy.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata:
              name: example
            spec:
              servers:
              - hosts: [a.example.com]
                port: {number: 443, name: https, protocol: HTTPS}
                tls: {mode: SIMPLE, credentialNames: [a, b, c]}

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata:
              name: example
            spec:
              servers:
              - hosts: [a.example.com]
                port: {number: 443, name: https, protocol: HTTPS}
                tls: {mode: SIMPLE, credentialNames: [a, b]}

            """,
    };

    public static readonly DiagnosticDefinition NotAllowed = new("WFT0318", "The value is not allowed here", Error, "The field takes only certain values, or is not allowed on this kind or together with what else is set.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata:
              name: example
            spec:
              hosts: [reviews]
              http:
              - route: [{destination: {host: reviews}}]
                corsPolicy: {allowMethods: [get]}

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata:
              name: example
            spec:
              hosts: [reviews]
              http:
              - route: [{destination: {host: reviews}}]
                corsPolicy: {allowMethods: [GET]}

            """,
    };
}
