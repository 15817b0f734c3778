using Weft.Proxy.Clusters;
using Weft.Proxy.Model;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Http;

/// <summary>The upstream's side of one attempt, as its codec shows it. The exchange drives it; all on one worker.</summary>
internal interface IUpstreamStream
{
    WorkerEndpoint Endpoint { get; }

    /// <summary>True while earlier bytes wait for the socket or for flow control.</summary>
    bool IsBlocked { get; }

    /// <summary>True when the connection served an exchange before: its end may be a race with keep-alive, not an answer.</summary>
    bool IsReused { get; }

    /// <summary>Our address of the connection.</summary>
    NetworkAddress LocalAddress { get; }

    /// <summary>The upstream's certificate, if TLS is used and it showed one.</summary>
    TlsPeer? Peer { get; }

    /// <summary>Ties the stream to an exchange.</summary>
    void Begin(HttpExchange exchange);

    /// <summary>Sends the exchange's request head. With <paramref name="end"/> nothing follows.</summary>
    void SendHead(HttpExchange exchange, bool end);

    void SendData(ReadOnlySpan<byte> data);

    /// <summary>Ends the request's body; in a tunnel, ends our side.</summary>
    void SendEnd();

    /// <summary>Ends the request's body with trailers, which a codec without a place for them drops. See <see cref="TrailerLines"/> for their form.</summary>
    void SendTrailers(ReadOnlySpan<byte> lines);

    /// <summary>The exchange can take response bytes again.</summary>
    void ResumeResponse();

    /// <summary>The response is complete; the codec keeps or closes what carried it.</summary>
    void Release();

    /// <summary>Gives the attempt up: a stream is reset, a connection of HTTP/1.1 serves nobody else.</summary>
    void Abort();
}
