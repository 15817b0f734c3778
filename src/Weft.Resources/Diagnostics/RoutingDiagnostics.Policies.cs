using static Weft.Resources.DiagnosticLevel;

namespace Weft.Resources.Diagnostics;

internal static partial class RoutingDiagnostics
{
    public static readonly DiagnosticDefinition Retry = new("WFT0410", "The retry policy is not valid", Error, "retryOn lists conditions and status codes; attempts: 0 turns retries off and stands alone.")
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
                retries: {attempts: 2, retryOn: 5xxx}

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
                retries: {attempts: 2, retryOn: "5xx,connect-failure"}

            """,
    };

    public static readonly DiagnosticDefinition FaultNoEffect = new("WFT0411", "The fault is never injected", Warning, "Without a percentage, or without an error, no request is affected.")
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
                fault: {abort: {httpStatus: 503}}

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
                fault: {abort: {httpStatus: 503, percentage: {value: 10}}}

            """,
    };

    public static readonly DiagnosticDefinition LargeBody = new("WFT0412", "The response body is large", Warning, "A body of more than 100 KB is held in memory by every proxy that has the route. At most 1 MiB is accepted.")
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
              - directResponse: {status: 503, body: {string: LARGE}}

            """.Replace("LARGE", new string('x', 120_000), StringComparison.Ordinal),
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata:
              name: example
            spec:
              hosts: [reviews]
              http:
              - directResponse: {status: 503, body: {string: closed}}

            """,
    };

    public static readonly DiagnosticDefinition Unreachable = new("IST0130", "The rule is never reached", Warning, "Rules are tried in order, and one before it matches every request.")
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
              - match: [{uri: {prefix: /a}}]
                route: [{destination: {host: ratings}}]

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
              - match: [{uri: {prefix: /a}}]
                route: [{destination: {host: ratings}}]
              - route: [{destination: {host: reviews}}]

            """,
    };

    public static readonly DiagnosticDefinition Ineffective = new("IST0131", "The match is covered by an earlier one", Info, "Every request that it would match is taken by an earlier rule.")
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
              - match: [{uri: {prefix: /a}}]
                route: [{destination: {host: reviews}}]
              - match: [{uri: {prefix: /a/b}}]
                route: [{destination: {host: ratings}}]

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
              - match: [{uri: {prefix: /a/b}}]
                route: [{destination: {host: ratings}}]
              - match: [{uri: {prefix: /a}}]
                route: [{destination: {host: reviews}}]

            """,
    };
}
