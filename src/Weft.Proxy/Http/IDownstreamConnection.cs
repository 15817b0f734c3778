using Weft.Proxy.Listeners;

namespace Weft.Proxy.Http;

/// <summary>A client's connection, whatever its protocol, as its worker sees it when configuration changes.</summary>
internal interface IDownstreamConnection
{
    ConnectionFacts Facts { get; }

    /// <summary>Its listener is no longer what it was: what is under way finishes, and the client is told to come back on a new connection.</summary>
    void Retire();
}
