using static Weft.Resources.DiagnosticLevel;

namespace Weft.Resources.Diagnostics;

internal static partial class TrafficDiagnostics
{
    public static readonly DiagnosticDefinition SidecarHost = new("WFT0802", "A sidecar's egress host is not valid", Error, "It is namespace/host; the namespace may be *, . or ~.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: Sidecar
            metadata:
              name: example
            spec:
              egress: [{hosts: [reviews]}]

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: Sidecar
            metadata:
              name: example
            spec:
              egress: [{hosts: [./reviews.shop.svc.cluster.local]}]

            """,
    };

    public static readonly DiagnosticDefinition Probe = new("WFT0803", "A probe is not valid", Error, "A probe has one way to check: httpGet, tcpSocket, exec or grpc; a path begins with a slash.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: WorkloadGroup
            metadata:
              name: example
            spec:
              template: {ports: {http: 80}}
              probe: {periodSeconds: 5}

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: WorkloadGroup
            metadata:
              name: example
            spec:
              template: {ports: {http: 80}}
              probe: {periodSeconds: 5, tcpSocket: {port: 80}}

            """,
    };

    public static readonly DiagnosticDefinition EnvoyPatch = new("WFT0804", "An Envoy patch is not valid", Error, "What a patch matches must be of the kind that it applies to.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1alpha3
            kind: EnvoyFilter
            metadata:
              name: example
            spec:
              configPatches:
              - applyTo: CLUSTER
                match: {listener: {name: a}}
                patch: {operation: REMOVE}

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1alpha3
            kind: EnvoyFilter
            metadata:
              name: example
            spec:
              configPatches:
              - applyTo: CLUSTER
                match: {cluster: {name: a}}
                patch: {operation: REMOVE}

            """,
    };

    public static readonly DiagnosticDefinition Extension = new("WFT0805", "An extension is not configured completely", Error, "A TrafficExtension has either wasm or lua; a digest is 64 lower-case hexadecimal digits.")
    {
        Bad =
            """
            apiVersion: extensions.istio.io/v1alpha1
            kind: TrafficExtension
            metadata:
              name: example
            spec:
              priority: 1

            """,
        Good =
            """
            apiVersion: extensions.istio.io/v1alpha1
            kind: TrafficExtension
            metadata:
              name: example
            spec:
              priority: 1
              lua: {inlineCode: "function envoy_on_request(handle) end"}

            """,
    };

    public static readonly DiagnosticDefinition Workload = new("WFT0806", "A workload cannot be run as described", Error, "The process could not be started, stopped or waited for in this way.")
    {
        Bad =
            """
            apiVersion: weft.dev/v1alpha1
            kind: Workload
            metadata:
              name: example
            spec:
              command: [./shop]
              stopSignal: SIGNOTHING

            """,
        Good =
            """
            apiVersion: weft.dev/v1alpha1
            kind: Workload
            metadata:
              name: example
            spec:
              command: [./shop]
              stopSignal: SIGINT

            """,
    };

    public static readonly DiagnosticDefinition MeshSetting = new("WFT0807", "A mesh setting is not valid", Error, "The mesh configuration holds for every proxy, so a setting that cannot work is refused as a whole.")
    {
        Bad =
            """
            trustDomain: my_mesh

            """,
        Good =
            """
            trustDomain: mesh.example.com

            """,
    };
}
