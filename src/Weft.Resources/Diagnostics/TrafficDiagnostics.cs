using static Weft.Resources.DiagnosticLevel;

namespace Weft.Resources.Diagnostics;

/// <summary>Codes for DestinationRule, Gateway, ServiceEntry, Sidecar and the workload kinds.</summary>
internal static partial class TrafficDiagnostics
{
    public static readonly DiagnosticDefinition LoadBalancer = new("WFT0501", "The load balancer's settings do not fit together", Error, "A consistent hash needs a key; a Maglev table's size is a prime number below 5000011.")
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
                loadBalancer: {consistentHash: {}}

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
                loadBalancer: {consistentHash: {httpHeaderName: x-user}}

            """,
    };

    public static readonly DiagnosticDefinition Locality = new("WFT0502", "The locality settings do not fit together", Error, "Places are region/zone/subzone. Shares add up to 100, failover is between different regions, and distribute excludes failover.")
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
                loadBalancer: {localityLbSetting: {distribute: [{from: eu, to: {eu: 80, us: 10}}]}}

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
                loadBalancer: {localityLbSetting: {distribute: [{from: eu, to: {eu: 80, us: 20}}]}}

            """,
    };

    public static readonly DiagnosticDefinition ClientTls = new("WFT0503", "The client TLS settings do not fit together", Error, "MUTUAL needs a certificate and a key, ISTIO_MUTUAL takes the mesh's own, and a secret excludes files.")
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
                tls: {mode: ISTIO_MUTUAL, caCertificates: /etc/ca.pem}

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
                tls: {mode: ISTIO_MUTUAL}

            """,
    };

    public static readonly DiagnosticDefinition Tunnel = new("WFT0504", "The tunnel's settings are not valid", Error, "A tunnel speaks CONNECT or POST to a host or address.")
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
                tunnel: {protocol: GET, targetHost: example.com, targetPort: 443}

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
                tunnel: {protocol: CONNECT, targetHost: example.com, targetPort: 443}

            """,
    };

    public static readonly DiagnosticDefinition ServerTls = new("WFT0601", "The server TLS settings do not fit together", Error, "A server that ends TLS needs exactly one source of its certificate, and the clients' authority where it asks them for one.")
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
                port: {number: 443, name: main, protocol: HTTPS}
                tls: {mode: SIMPLE}

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
                port: {number: 443, name: main, protocol: HTTPS}
                tls: {mode: SIMPLE, credentialName: shop-certificate}

            """,
    };

    public static readonly DiagnosticDefinition ServerPort = new("WFT0602", "The server's port and bind do not fit together", Error, "A server on a Unix socket has port 0.")
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
                bind: "unix:///run/gateway.sock"
                port: {number: 80, name: http, protocol: HTTP}

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
                bind: "unix:///run/gateway.sock"
                port: {number: 0, name: http, protocol: HTTP}

            """,
    };

    public static readonly DiagnosticDefinition ServerTlsIgnored = new("WFT0603", "TLS settings have no effect on this server", Warning, "The server's protocol or mode does not use them.")
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
                port: {number: 443, name: main, protocol: HTTP}
                tls: {mode: SIMPLE, credentialName: shop-certificate}

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
                port: {number: 443, name: main, protocol: HTTP}
                tls: {httpsRedirect: true}

            """,
    };

    public static readonly DiagnosticDefinition CipherSuite = new("WFT0604", "A cipher suite is not known", Warning, "Unknown and repeated suites are left out. Suites have OpenSSL's names and concern TLS 1.2 only.")
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
                port: {number: 443, name: main, protocol: HTTPS}
                tls: {mode: SIMPLE, credentialName: a, cipherSuites: [TLS_RSA_WITH_AES_128_CBC_SHA]}

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
                port: {number: 443, name: main, protocol: HTTPS}
                tls: {mode: SIMPLE, credentialName: a, cipherSuites: [ECDHE-RSA-AES128-GCM-SHA256]}

            """,
    };

    public static readonly DiagnosticDefinition WeakTls = new("WFT0605", "An outdated TLS version is allowed", Warning, "TLS 1.0 and 1.1 are broken in many ways (RFC 8996), and the default cipher suites do not work with them.")
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
                port: {number: 443, name: main, protocol: HTTPS}
                tls: {mode: SIMPLE, credentialName: a, minProtocolVersion: TLSV1_0}

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
                port: {number: 443, name: main, protocol: HTTPS}
                tls: {mode: SIMPLE, credentialName: a, minProtocolVersion: TLSV1_2}

            """,
    };
}
