using System.Net;

namespace Weft.Proxy.Tests.Http2;

/// <summary>Clients of both versions.</summary>
internal static class Http2Peers
{
    public static HttpClient Client(int version) => new(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = version == 2 ? int.MaxValue : 64 })
    {
        DefaultRequestVersion = version == 2 ? HttpVersion.Version20 : HttpVersion.Version11,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = TimeSpan.FromSeconds(60),
    };

    public static HttpRequestMessage Request(HttpMethod method, string uri, int version) => new(method, uri)
    {
        Version = version == 2 ? HttpVersion.Version20 : HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };
}
