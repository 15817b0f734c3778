using static Weft.Resources.DiagnosticLevel;

namespace Weft.Resources.Diagnostics;

internal static partial class ValueDiagnostics
{
    public static readonly DiagnosticDefinition Name = new("WFT0319", "A name is not valid", Error, "Names of subsets, ports and the like are DNS labels: letters, digits and -.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata:
              name: example
            spec:
              host: reviews
              subsets: [{name: v1.0}]

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata:
              name: example
            spec:
              host: reviews
              subsets: [{name: v1-0}]

            """,
    };

    public static readonly DiagnosticDefinition Number = new("WFT0320", "A number is out of range", Error, "The number is negative, or outside the range that its message names.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata:
              name: example
            spec:
              host: reviews
              trafficPolicy:
                connectionPool: {tcp: {maxConnections: -1}}

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata:
              name: example
            spec:
              host: reviews
              trafficPolicy:
                connectionPool: {tcp: {maxConnections: 100}}

            """,
    };

    public static readonly DiagnosticDefinition EmptyBlock = new("WFT0321", "A block says nothing", Error, "The block is written, but sets nothing that could have an effect.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata:
              name: example
            spec:
              host: reviews
              trafficPolicy: {}

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata:
              name: example
            spec:
              host: reviews

            """,
    };

    public static readonly DiagnosticDefinition Url = new("WFT0322", "A URL is not allowed", Error, "The URL must be absolute and have one of the schemes that the field knows.")
    {
        Bad =
            """
            apiVersion: security.istio.io/v1
            kind: RequestAuthentication
            metadata:
              name: example
            spec:
              jwtRules: [{issuer: example, jwksUri: example.com/keys}]

            """,
        Good =
            """
            apiVersion: security.istio.io/v1
            kind: RequestAuthentication
            metadata:
              name: example
            spec:
              jwtRules: [{issuer: example, jwksUri: "https://example.com/keys"}]

            """,
    };

    public static readonly DiagnosticDefinition Label = new("WFT0323", "A label is not valid", Error, "A label's key is [prefix/]name, its value is empty or up to 63 letters, digits, -, _ and dots.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata:
              name: example
            spec:
              host: reviews
              subsets: [{name: v1, labels: {version: "v 1"}}]

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata:
              name: example
            spec:
              host: reviews
              subsets: [{name: v1, labels: {version: v1}}]

            """,
    };

    public static readonly DiagnosticDefinition NoEffect = new("WFT0324", "The setting has no effect", Warning, "Nothing acts on the setting here. It is accepted, but probably not what was meant.")
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
                port: {number: 80, name: http, protocol: HTTP}
                defaultEndpoint: "127.0.0.1:80"

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
                port: {number: 80, name: http, protocol: HTTP}

            """,
    };

    public static readonly DiagnosticDefinition SelectsAll = new("WFT0325", "An empty selector selects everything", Warning, "A selector without labels selects every workload of the namespace, as no selector at all does.")
    {
        Bad =
            """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata:
              name: example
            spec:
              selector: {}

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

    public static readonly DiagnosticDefinition Deprecated = new("IST0002", "The field is deprecated", Warning, "The field still works; its message names the one that took its place.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata:
              name: example
            spec:
              host: reviews
              trafficPolicy:
                loadBalancer: {simple: LEAST_CONN}

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata:
              name: example
            spec:
              host: reviews
              trafficPolicy:
                loadBalancer: {simple: LEAST_REQUEST}

            """,
    };
}
