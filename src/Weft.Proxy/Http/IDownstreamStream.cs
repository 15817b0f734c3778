using Weft.Wire.Http;

namespace Weft.Proxy.Http;

/// <summary>
/// The client's side of one exchange, as its codec shows it: a connection of HTTP/1.1, a stream of HTTP/2. The exchange drives it; all on
/// one worker. After <see cref="Abort"/> or <see cref="ExchangeDone"/> neither side may touch the other.
/// </summary>
internal interface IDownstreamStream
{
    /// <summary>True while earlier bytes wait for the socket or for flow control: produce no more.</summary>
    bool IsBlocked { get; }

    /// <summary>Sends a 1xx head.</summary>
    void SendInterim(int status, HeadView view);

    /// <summary>Sends the response's head. With <paramref name="end"/> nothing follows.</summary>
    void SendHead(int status, HeadView view, BodyFraming framing, bool end);

    void SendData(ReadOnlySpan<byte> data);

    /// <summary>Ends the body; in a tunnel, ends our side.</summary>
    void SendEnd();

    /// <summary>Ends the body with trailers, which a codec without a place for them drops. See <see cref="TrailerLines"/> for their form.</summary>
    void SendTrailers(ReadOnlySpan<byte> lines);

    /// <summary>From here on bytes pass both ways as they are (after a 101).</summary>
    void StartTunnel();

    /// <summary>The exchange can take request bytes again.</summary>
    void ResumeRequest();

    /// <summary>The response cannot be completed: the client must see a broken message, never a whole one.</summary>
    void Abort();

    /// <summary>Request and response are over, or the response is and the rest of the request is of no interest.</summary>
    void ExchangeDone();
}
