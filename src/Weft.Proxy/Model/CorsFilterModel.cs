using Weft.Policy.Filters;

namespace Weft.Proxy.Model;

/// <summary>The CORS filter (<c>envoy.extensions.filters.http.cors.v3.Cors</c>); all that it does, routes tell it.</summary>
public sealed class CorsFilterModel : HttpFilterModel
{
    public override FilterRule? Default => null;
}
