namespace Weft.Proxy.Admin;

/// <summary>What a proxy is doing, in the words of Envoy's <c>/ready</c> and <c>/server_info</c>; the numbers are those of <c>server.state</c>.</summary>
public enum ServerState
{
    Live = 0,
    Draining = 1,
    PreInitializing = 2,
    Initializing = 3,
}
