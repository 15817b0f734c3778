using static Weft.Resources.DiagnosticLevel;

namespace Weft.Resources.Diagnostics;

/// <summary>Codes for VirtualService.</summary>
internal static partial class RoutingDiagnostics
{
    public static readonly DiagnosticDefinition NoRules = new("WFT0401", "The VirtualService has no rules", Error, "Without http, tls or tcp there is nothing to route.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata:
              name: example
            spec:
              hosts: [reviews]

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

            """,
    };

    public static readonly DiagnosticDefinition NoAction = new("WFT0402", "A rule does nothing", Error, "A rule routes, redirects, responds or delegates.")
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
              - timeout: 5s

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
                timeout: 5s

            """,
    };

    public static readonly DiagnosticDefinition ActionConflict = new("WFT0403", "A rule does two things that exclude each other", Error, "A request that is redirected or answered is not routed, and a rule that delegates leaves the rest to its delegate.")
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
                redirect: {uri: /a}

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
              - redirect: {uri: /a}

            """,
    };

    public static readonly DiagnosticDefinition Delegate = new("WFT0404", "Delegation is used where it is not allowed", Error, "A VirtualService without hosts is a delegate: another one includes its HTTP rules. It has no gateways, TLS or TCP rules of its own, and does not delegate further.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata:
              name: example
            spec:
              gateways: [public]
              http:
              - route: [{destination: {host: reviews}}]

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata:
              name: example
            spec:
              http:
              - route: [{destination: {host: reviews}}]

            """,
    };

    public static readonly DiagnosticDefinition MeshWildcard = new("WFT0405", "The host * is not allowed inside the mesh", Error, "For clients inside the mesh it would take the traffic of every service. At a gateway it is fine.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata:
              name: example
            spec:
              hosts: ["*"]
              http:
              - route: [{destination: {host: reviews}}]

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata:
              name: example
            spec:
              hosts: ["*"]
              gateways: [public]
              http:
              - route: [{destination: {host: reviews}}]

            """,
    };

    public static readonly DiagnosticDefinition Weight = new("WFT0406", "Weights do not add up to anything", Error, "With several destinations each has its share; a sum of 0 would leave no destination at all.")
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
              - route:
                - {destination: {host: reviews, subset: v1}, weight: 0}
                - {destination: {host: reviews, subset: v2}, weight: 0}

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
              - route:
                - {destination: {host: reviews, subset: v1}, weight: 90}
                - {destination: {host: reviews, subset: v2}, weight: 10}

            """,
    };

    public static readonly DiagnosticDefinition SniHost = new("WFT0407", "An SNI host is not covered by hosts", Error, "A TLS rule matches server names among those that spec.hosts names.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata:
              name: example
            spec:
              hosts: [a.example.com]
              tls:
              - match: [{sniHosts: [b.example.com]}]
                route: [{destination: {host: a.example.com}}]

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata:
              name: example
            spec:
              hosts: [a.example.com]
              tls:
              - match: [{sniHosts: [a.example.com]}]
                route: [{destination: {host: a.example.com}}]

            """,
    };

    public static readonly DiagnosticDefinition JwtClaim = new("WFT0408", "A JWT claim is matched inside the mesh", Error, "Claims are known where the token is checked before routing: at gateways.")
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
                match: [{headers: {"@request.auth.claims.group": {exact: staff}}}]

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
                match: [{headers: {"@request.auth.claims.group": {exact: staff}}}]
              gateways: [public]

            """,
    };

    public static readonly DiagnosticDefinition Redirect = new("WFT0409", "The redirect cannot be made", Error, "prefixRewrite replaces the prefix that was matched, so every match of the rule needs uri.prefix; the status is 301, 302, 303, 307 or 308.")
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
              - redirect: {uri: /a, redirectCode: 200}

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
              - redirect: {uri: /a, redirectCode: 302}

            """,
    };
}
