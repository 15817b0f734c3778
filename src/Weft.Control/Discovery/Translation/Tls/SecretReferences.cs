using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;

namespace Weft.Control.Discovery.Translation.Tls;

/// <summary>
/// How a TLS context names its secrets. The workload's own identity (<c>default</c>, <c>ROOTCA</c>) and files are served inside the
/// proxy, which stands for Istio's agent (cluster <c>sds-grpc</c>); credentials of gateways come over ADS.
/// </summary>
internal static class SecretReferences
{
    public const string WorkloadCertificate = "default";
    public const string MeshRoot = "ROOTCA";

    /// <summary>The prefix of names that the control plane serves: <c>kubernetes://secret</c>.</summary>
    public const string CredentialPrefix = "kubernetes://";

    /// <summary>A secret that the proxy holds itself.</summary>
    public static SdsSecretConfig Local(string name) => new()
    {
        Name = name,
        SdsConfig = new ConfigSource
        {
            ApiConfigSource = new ApiConfigSource
            {
                ApiType = ApiConfigSource.Types.ApiType.Grpc,
                TransportApiVersion = ApiVersion.V3,
                SetNodeOnFirstMessageOnly = true,
                GrpcServices = { new GrpcService { EnvoyGrpc = new GrpcService.Types.EnvoyGrpc { ClusterName = "sds-grpc" } } },
            },
            InitialFetchTimeout = Protos.NoTimeout,
            ResourceApiVersion = ApiVersion.V3,
        },
    };

    /// <summary>A Kubernetes-style secret that the control plane sends.</summary>
    public static SdsSecretConfig Credential(string credentialName) => new()
    {
        Name = credentialName.Contains("://", StringComparison.Ordinal) ? credentialName : CredentialPrefix + credentialName,
        SdsConfig = Protos.Ads(),
    };

    /// <summary>A certificate with its key from files: <c>file-cert:chain~key</c>.</summary>
    public static SdsSecretConfig FileCertificate(string chain, string key) => Local($"file-cert:{chain}~{key}");

    /// <summary>Trusted certificates from a file: <c>file-root:path</c>; <c>system</c> means the machine's own.</summary>
    public static SdsSecretConfig FileRoot(string path) => Local($"file-root:{path}");
}
