using Weft.Policy.Filters;

namespace Weft.Proxy.Model;

/// <summary>The gRPC-Web filter (<c>envoy.extensions.filters.http.grpc_web.v3.GrpcWeb</c>): it has no settings, and routes tell it nothing.</summary>
public sealed class GrpcWebFilterModel : HttpFilterModel
{
    public override FilterRule? Default => null;
}
