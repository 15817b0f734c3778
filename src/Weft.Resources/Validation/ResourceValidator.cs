using Google.Protobuf;
using Istio.Extensions.V1Alpha1;
using Istio.Mesh.V1Alpha1;
using Istio.Networking.V1Alpha3;
using Istio.Security.V1Beta1;
using Kubernetes.Core.V1;
using Kubernetes.Discovery.V1;
using Weft.Resources.Diagnostics;
using Weft.Resources.Validation.Extensions;
using Weft.Resources.Validation.Networking;
using Weft.Resources.Validation.Platform;
using Weft.Resources.Validation.Security;
using Weft.Resources.Validation.Telemetry;
using Weft.V1Alpha1;

namespace Weft.Resources.Validation;

/// <summary>Checks one object by itself: metadata first, then the rules of its kind.</summary>
internal static class ResourceValidator
{
    public static void Validate(ResourceObject resource, DiagnosticSink sink)
    {
        Scope root = new(resource, sink);
        MetadataRules.Check(root, resource);
        Scope body = resource.Definition.HasSpec ? root["spec"] : root;
        if (CheckTraffic(body, resource.Spec) || CheckPolicy(body, resource.Spec))
            return;
        CheckPlatform(body, resource.Spec);
    }

    private static bool CheckTraffic(Scope body, IMessage spec)
    {
        switch (spec)
        {
            case VirtualService service:
                VirtualServiceValidator.Check(body, service);
                return true;
            case DestinationRule rule:
                DestinationRuleValidator.Check(body, rule);
                return true;
            case Gateway gateway:
                GatewayValidator.Check(body, gateway);
                return true;
            case ServiceEntry entry:
                ServiceEntryValidator.Check(body, entry);
                return true;
            case WorkloadEntry entry:
                WorkloadEntryValidator.Check(body, entry);
                return true;
            case WorkloadGroup group:
                WorkloadGroupValidator.Check(body, group);
                return true;
            case Sidecar sidecar:
                SidecarValidator.Check(body, sidecar);
                return true;
            case EnvoyFilter filter:
                EnvoyFilterValidator.Check(body, filter);
                return true;
            case Istio.Networking.V1Beta1.ProxyConfig config:
                EnvoyFilterValidator.Check(body, config);
                return true;
            default:
                return false;
        }
    }

    private static bool CheckPolicy(Scope body, IMessage spec)
    {
        switch (spec)
        {
            case AuthorizationPolicy policy:
                AuthorizationPolicyValidator.Check(body, policy);
                return true;
            case PeerAuthentication policy:
                AuthenticationValidator.Check(body, policy);
                return true;
            case RequestAuthentication policy:
                AuthenticationValidator.Check(body, policy);
                return true;
            case Istio.Telemetry.V1Alpha1.Telemetry telemetry:
                TelemetryValidator.Check(body, telemetry);
                return true;
            case WasmPlugin plugin:
                ExtensionValidator.Check(body, plugin);
                return true;
            case TrafficExtension extension:
                ExtensionValidator.Check(body, extension);
                return true;
            default:
                return false;
        }
    }

    private static void CheckPlatform(Scope body, IMessage spec)
    {
        switch (spec)
        {
            case ServiceSpec service:
                ServiceValidator.Check(body, service);
                break;
            case EndpointSlice slice:
                ServiceValidator.Check(body, slice);
                break;
            case Endpoints endpoints:
                ServiceValidator.Check(body, endpoints);
                break;
            case Workload workload:
                WorkloadValidator.Check(body, workload);
                break;
            case MeshConfig mesh:
                MeshConfigValidator.Check(body, mesh);
                break;
            case MeshNetworks networks:
                MeshConfigValidator.Check(body, networks);
                break;
        }
    }
}
