using static Weft.Resources.DiagnosticLevel;

namespace Weft.Resources.Diagnostics;

/// <summary>Codes for values that many kinds share: ports, hosts, durations, headers and the like.</summary>
internal static partial class ValueDiagnostics
{
    public static readonly DiagnosticDefinition Required = new("WFT0301", "A required field is missing", Error, "Without this field the object cannot work.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata:
              name: example
            spec:
              trafficPolicy:
                loadBalancer: {simple: RANDOM}

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
                loadBalancer: {simple: RANDOM}

            """,
    };

    public static readonly DiagnosticDefinition Port = new("WFT0302", "A port number is not allowed", Error, "A port is 1 to 65535.")
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
              - route: [{destination: {host: reviews, port: {number: 70000}}}]

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
              - route: [{destination: {host: reviews, port: {number: 80}}}]

            """,
    };

    public static readonly DiagnosticDefinition Host = new("WFT0303", "A host name is not allowed", Error, "A host is a DNS name: labels of letters, digits and - joined by dots, at most 255 characters. A wildcard may only begin it, and not where one service must be named.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata:
              name: example
            spec:
              hosts: [my_reviews]
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
              hosts: [reviews]
              http:
              - route: [{destination: {host: reviews}}]

            """,
    };

    public static readonly DiagnosticDefinition DurationRange = new("WFT0304", "A duration is too short or too fine", Error, "Durations are at least 1 ms and whole milliseconds.")
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
                timeout: 0s

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
                timeout: 500ms

            """,
    };

    public static readonly DiagnosticDefinition Regex = new("WFT0305", "A regular expression cannot be used", Error, "Patterns are RE2's, which match in linear time: no look-around and no back references. They may have 1024 characters.")
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
                match: [{uri: {regex: "/(?!admin).*"}}]

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
                match: [{uri: {regex: "/v[0-9]+/.*"}}]

            """,
    };

    public static readonly DiagnosticDefinition HeaderName = new("WFT0306", "A header name is not allowed", Error, "Header names are HTTP tokens. Names that begin with a colon, and host, are changed with rewrite and matched with uri, method, scheme and authority.")
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
                match: [{headers: {":path": {exact: /a}}}]

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
                match: [{headers: {x-user: {exact: a}}}]

            """,
    };

    public static readonly DiagnosticDefinition HeaderValue = new("WFT0307", "A header value is not allowed", Error, "A value has no line breaks or other control characters. A percent sign begins a substitution such as %REQ(x-name)% and is otherwise written %%.")
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
                headers: {request: {set: {x-share: 50%}}}

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
                headers: {request: {set: {x-share: 50%%}}}

            """,
    };

    public static readonly DiagnosticDefinition Percentage = new("WFT0308", "A percentage is out of range", Error, "A share of requests is 0, or 0.0001 to 100.")
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
                mirror: {host: shadow}
                mirrorPercentage: {value: 120}

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
                mirror: {host: shadow}
                mirrorPercentage: {value: 20}

            """,
    };

    public static readonly DiagnosticDefinition Address = new("WFT0309", "An address is not allowed", Error, "The field holds an IP address, a subnet, or a socket's path, as its message says.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: WorkloadEntry
            metadata:
              name: example
            spec:
              address: "10.0.0.5:80"

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: WorkloadEntry
            metadata:
              name: example
            spec:
              address: 10.0.0.5
              ports: {http: 80}

            """,
    };
}
