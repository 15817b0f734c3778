using static Weft.Resources.DiagnosticLevel;

namespace Weft.Resources.Diagnostics;

/// <summary>Codes for AuthorizationPolicy, RequestAuthentication, PeerAuthentication and Telemetry.</summary>
internal static class SecurityDiagnostics
{
    public static readonly DiagnosticDefinition Action = new("WFT0901", "The policy's action and its rules do not fit together", Error, "CUSTOM names a provider, and only CUSTOM does; DENY and CUSTOM without rules would never apply.")
    {
        Bad =
            """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata:
              name: example
            spec:
              action: DENY

            """,
        Good =
            """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata:
              name: example
            spec:
              action: DENY
              rules: [{from: [{source: {namespaces: [guests]}}]}]

            """,
    };

    public static readonly DiagnosticDefinition Rule = new("WFT0902", "A rule's source, operation or condition is not valid", Error, "An empty condition would match everything, which is seldom meant in a policy; with CUSTOM the peer's identity is not matched.")
    {
        Bad =
            """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata:
              name: example
            spec:
              rules: [{from: [{source: {}}]}]

            """,
        Good =
            """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata:
              name: example
            spec:
              rules: [{from: [{source: {namespaces: [shop]}}]}]

            """,
    };

    public static readonly DiagnosticDefinition ConditionKey = new("WFT0903", "The condition's key is not known", Error, "Keys are attributes of the request, such as request.headers[name], source.ip or request.auth.claims[name].")
    {
        Bad =
            """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata:
              name: example
            spec:
              rules: [{when: [{key: source.adress, values: [10.0.0.1]}]}]

            """,
        Good =
            """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata:
              name: example
            spec:
              rules: [{when: [{key: source.ip, values: [10.0.0.1]}]}]

            """,
    };

    public static readonly DiagnosticDefinition PathTemplate = new("WFT0904", "A path template is not valid", Error, "{*} is one segment, {**} any number of them and the last of the operators; literal text may follow. Templates are not mixed with *.")
    {
        Bad =
            """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata:
              name: example
            spec:
              rules: [{to: [{operation: {paths: ["/shop/{id}"]}}]}]

            """,
        Good =
            """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata:
              name: example
            spec:
              rules: [{to: [{operation: {paths: ["/shop/{*}"]}}]}]

            """,
    };

    public static readonly DiagnosticDefinition JwtRule = new("WFT0905", "A JWT rule is not valid", Error, "A rule says whose tokens it accepts (issuer) and with which keys (jwksUri, jwks, or those that the issuer publishes).")
    {
        Bad =
            """
            apiVersion: security.istio.io/v1
            kind: RequestAuthentication
            metadata:
              name: example
            spec:
              jwtRules: [{audiences: [shop]}]

            """,
        Good =
            """
            apiVersion: security.istio.io/v1
            kind: RequestAuthentication
            metadata:
              name: example
            spec:
              jwtRules: [{issuer: accounts.example.com, audiences: [shop]}]

            """,
    };

    public static readonly DiagnosticDefinition PortMtls = new("WFT0906", "portLevelMtls is used where it is not allowed", Error, "Ports belong to workloads, so a selector must say to which.")
    {
        Bad =
            """
            apiVersion: security.istio.io/v1
            kind: PeerAuthentication
            metadata:
              name: example
            spec:
              portLevelMtls: {8080: {mode: DISABLE}}

            """,
        Good =
            """
            apiVersion: security.istio.io/v1
            kind: PeerAuthentication
            metadata:
              name: example
            spec:
              selector: {matchLabels: {app: shop}}
              portLevelMtls: {8080: {mode: DISABLE}}

            """,
    };

    public static readonly DiagnosticDefinition Telemetry = new("WFT0907", "A telemetry setting is not valid", Error, "Tags need a value, UPSERT needs one and REMOVE has none, and expressions must be well-formed.")
    {
        Bad =
            """
            apiVersion: telemetry.istio.io/v1
            kind: Telemetry
            metadata:
              name: example
            spec:
              metrics: [{overrides: [{tagOverrides: {host: {operation: UPSERT}}}]}]

            """,
        Good =
            """
            apiVersion: telemetry.istio.io/v1
            kind: Telemetry
            metadata:
              name: example
            spec:
              metrics: [{overrides: [{tagOverrides: {host: {operation: UPSERT, value: request.host}}}]}]

            """,
    };

    public static readonly DiagnosticDefinition DenyOnTcp = new("WFT0908", "A DENY rule with HTTP fields denies TCP ports", Warning, "On a TCP port nothing is known of paths, methods or tokens. A DENY rule that asks for them there denies all traffic, to be safe.")
    {
        Bad =
            """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata:
              name: example
            spec:
              action: DENY
              rules: [{to: [{operation: {paths: [/admin*]}}]}]

            """,
        Good =
            """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata:
              name: example
            spec:
              action: DENY
              rules: [{to: [{operation: {paths: [/admin*], ports: ["8080"]}}]}]

            """,
    };
}
