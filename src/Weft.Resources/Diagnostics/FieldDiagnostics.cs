using static Weft.Resources.DiagnosticLevel;

namespace Weft.Resources.Diagnostics;

/// <summary>Codes for fields that do not fit the schema of their kind.</summary>
internal static class FieldDiagnostics
{
    public static readonly DiagnosticDefinition UnknownField = new("WFT0101", "The field is not known", Error, "The kind has no such field at this place. Names are case-sensitive; a right field in the wrong place is usually a matter of indentation.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata:
              name: example
            spec:
              hots: [reviews]
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

    public static readonly DiagnosticDefinition WrongType = new("WFT0102", "The value has the wrong type", Error, "The field holds text, a number, true or false, a list or a mapping, and something else is written. In YAML 80, 1.10, yes and no are not text unless they are quoted.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata:
              name: example
            spec:
              hosts: reviews
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

    public static readonly DiagnosticDefinition UnknownEnumValue = new("WFT0103", "The value is none of those that the field allows", Error, "The field takes one of a few words, in exactly their spelling.")
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
                loadBalancer: {simple: ROUNDROBIN}

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
                loadBalancer: {simple: ROUND_ROBIN}

            """,
    };

    public static readonly DiagnosticDefinition NumberRange = new("WFT0104", "The number does not fit the field", Error, "The number is larger or smaller than the field can hold.")
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
                match: [{port: -1}]

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
                match: [{port: 80}]

            """,
    };

    public static readonly DiagnosticDefinition BadTime = new("WFT0105", "The duration or time cannot be read", Error, "A duration is a number with its unit (500ms, 1.5s, 2m, 1h30m); a time is written as in 2026-01-31T12:00:00Z.")
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
                timeout: 5

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

    public static readonly DiagnosticDefinition BadBytes = new("WFT0106", "The value is not base64", Error, "Fields that hold bytes are written in base64.")
    {
        Bad =
            """
            apiVersion: v1
            kind: Secret
            metadata:
              name: example
            data:
              tls.key: not base64!

            """,
        Good =
            """
            apiVersion: v1
            kind: Secret
            metadata:
              name: example
            stringData:
              tls.key: plain text

            """,
    };

    public static readonly DiagnosticDefinition OneofConflict = new("WFT0107", "Two alternatives are set together", Error, "Of some fields only one may be set, such as exact, prefix and regex of a match.")
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
                match: [{uri: {exact: /a, prefix: /b}}]

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
                match: [{uri: {exact: /a}}, {uri: {prefix: /b}}]

            """,
    };
}
