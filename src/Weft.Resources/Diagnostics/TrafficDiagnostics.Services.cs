using static Weft.Resources.DiagnosticLevel;

namespace Weft.Resources.Diagnostics;

internal static partial class TrafficDiagnostics
{
    public static readonly DiagnosticDefinition Resolution = new("WFT0701", "The resolution does not fit the addresses or endpoints", Error, "NONE uses the client's address and has no endpoints; STATIC has IP addresses; DNS has names that can be resolved; DYNAMIC_DNS is for wildcard hosts.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata:
              name: example
            spec:
              hosts: [api.example.com]
              ports: [{number: 443, name: tls, protocol: TLS}]
              resolution: STATIC
              endpoints: [{address: backend.example.com}]

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata:
              name: example
            spec:
              hosts: [api.example.com]
              ports: [{number: 443, name: tls, protocol: TLS}]
              resolution: DNS
              endpoints: [{address: backend.example.com}]

            """,
    };

    public static readonly DiagnosticDefinition MultiHost = new("WFT0702", "Several hosts need ports that tell them apart", Error, "On a plain TCP port nothing says which of several hosts is meant.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata:
              name: example
            spec:
              hosts: [a.example.com, b.example.com]
              resolution: DNS
              ports: [{number: 5432, name: db, protocol: TCP}]

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata:
              name: example
            spec:
              hosts: [a.example.com, b.example.com]
              resolution: DNS
              ports: [{number: 443, name: tls, protocol: TLS}]

            """,
    };

    public static readonly DiagnosticDefinition PortNaming = new("IST0118", "A port name does not say the protocol", Info, "A port's name begins with its protocol (http, http-web, grpc-api, tcp-db) unless appProtocol says it. Otherwise the protocol is found out from the first bytes, which protocols where the server speaks first cannot bear.")
    {
        Bad =
            """
            apiVersion: v1
            kind: Service
            metadata:
              name: db
            spec:
              ports: [{name: database, port: 5432}]

            """,
        Good =
            """
            apiVersion: v1
            kind: Service
            metadata:
              name: db
            spec:
              ports: [{name: tcp-database, port: 5432}]

            """,
    };

    public static readonly DiagnosticDefinition ExternalNamePort = new("IST0150", "A port of an ExternalName service has an unfit name", Warning, "Without a protocol that names the host in each request, traffic on the port cannot be told apart from that of other services.")
    {
        Bad =
            """
            apiVersion: v1
            kind: Service
            metadata:
              name: api
            spec:
              type: ExternalName
              externalName: api.example.com
              ports: [{name: tcp, port: 443}]

            """,
        Good =
            """
            apiVersion: v1
            kind: Service
            metadata:
              name: api
            spec:
              type: ExternalName
              externalName: api.example.com
              ports: [{name: https, port: 443}]

            """,
    };

    public static readonly DiagnosticDefinition NoVerification = new("IST0128", "The server's certificate is not verified", Warning, "TLS without the authority's certificates encrypts, but does not make sure with whom.")
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
                tls: {mode: SIMPLE}

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
                tls: {mode: SIMPLE, caCertificates: /etc/ssl/certs/ca-certificates.crt}

            """,
    };

    public static readonly DiagnosticDefinition NoVerificationOnPort = new("IST0129", "The server's certificate is not verified on a port", Warning, "TLS without the authority's certificates encrypts, but does not make sure with whom.")
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
                portLevelSettings: [{port: {number: 443}, tls: {mode: SIMPLE}}]

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
                portLevelSettings: [{port: {number: 443}, tls: {mode: SIMPLE, caCertificates: /etc/ssl/certs/ca-certificates.crt}}]

            """,
    };

    public static readonly DiagnosticDefinition AddressesNeeded = new("IST0134", "A TCP service entry without addresses", Warning, "A TCP port without an address takes all traffic on that port, also that of other services.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata:
              name: example
            spec:
              hosts: [db.example.com]
              ports: [{number: 5432, name: db, protocol: TCP}]

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata:
              name: example
            spec:
              hosts: [db.example.com]
              addresses: [203.0.113.5]
              ports: [{number: 5432, name: db, protocol: TCP}]

            """,
    };

    public static readonly DiagnosticDefinition Endpoint = new("WFT0703", "An endpoint's address and ports do not fit together", Error, "An endpoint's ports are named as those of its ServiceEntry; a Unix socket has none.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata:
              name: example
            spec:
              hosts: [api.example.com]
              ports: [{number: 443, name: tls, protocol: TLS}]
              resolution: STATIC
              endpoints: [{address: 10.0.0.5, ports: {http: 80}}]

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata:
              name: example
            spec:
              hosts: [api.example.com]
              ports: [{number: 443, name: tls, protocol: TLS}]
              resolution: STATIC
              endpoints: [{address: 10.0.0.5, ports: {tls: 8443}}]

            """,
    };

    public static readonly DiagnosticDefinition SidecarListener = new("WFT0801", "A sidecar listener is not valid", Error, "The egress listener that takes everything comes last, and a listener on a Unix socket has port 0.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: Sidecar
            metadata:
              name: example
            spec:
              egress:
              - hosts: ["./*"]
              - hosts: ["./*"]
                port: {number: 80, protocol: HTTP, name: http}

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: Sidecar
            metadata:
              name: example
            spec:
              egress:
              - hosts: ["./*"]
                port: {number: 80, protocol: HTTP, name: http}
              - hosts: ["./*"]

            """,
    };
}
