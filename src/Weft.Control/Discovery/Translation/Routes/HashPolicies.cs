using Envoy.Config.Route.V3;
using Hash = Istio.Networking.V1Alpha3.LoadBalancerSettings.Types.ConsistentHashLB;

namespace Weft.Control.Discovery.Translation.Routes;

/// <summary>What a request is hashed by, as Envoy's route-level policy.</summary>
internal static class HashPolicies
{
    public static RouteAction.Types.HashPolicy? Translate(Hash? hash) => hash?.HashKeyCase switch
    {
        Hash.HashKeyOneofCase.HttpHeaderName => new RouteAction.Types.HashPolicy
        {
            Header = new RouteAction.Types.HashPolicy.Types.Header { HeaderName = hash.HttpHeaderName },
        },
        Hash.HashKeyOneofCase.HttpCookie => new RouteAction.Types.HashPolicy { Cookie = Cookie(hash.HttpCookie) },
        Hash.HashKeyOneofCase.UseSourceIp => new RouteAction.Types.HashPolicy
        {
            ConnectionProperties = new RouteAction.Types.HashPolicy.Types.ConnectionProperties { SourceIp = hash.UseSourceIp },
        },
        Hash.HashKeyOneofCase.HttpQueryParameterName => new RouteAction.Types.HashPolicy
        {
            QueryParameter = new RouteAction.Types.HashPolicy.Types.QueryParameter { Name = hash.HttpQueryParameterName },
        },
        _ => null,
    };

    private static RouteAction.Types.HashPolicy.Types.Cookie Cookie(Hash.Types.HTTPCookie cookie)
    {
        RouteAction.Types.HashPolicy.Types.Cookie result = new() { Name = cookie.Name, Path = cookie.Path, Ttl = cookie.Ttl };
        foreach (Hash.Types.HTTPCookie.Types.Attribute attribute in cookie.Attributes)
        {
            result.Attributes.Add(new RouteAction.Types.HashPolicy.Types.CookieAttribute { Name = attribute.Name, Value = attribute.Value });
        }

        return result;
    }
}
