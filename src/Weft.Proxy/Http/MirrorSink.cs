using Weft.Wire.Http;

namespace Weft.Proxy.Http;

/// <summary>Where the responses to mirrored requests go: nowhere. It has no state, so one serves every worker.</summary>
internal sealed class MirrorSink : IDownstreamStream
{
    private MirrorSink()
    {
    }

    public static MirrorSink Instance { get; } = new();

    public bool IsBlocked => false;

    public void SendInterim(int status, HeadView view)
    {
        // Nobody waits for it.
    }

    public void SendHead(int status, HeadView view, BodyFraming framing, bool end)
    {
        // Nobody waits for it.
    }

    public void SendData(ReadOnlySpan<byte> data)
    {
        // Read so that the connection can serve again, and dropped.
    }

    public void SendEnd()
    {
        // Nobody waits for it.
    }

    public void SendTrailers(ReadOnlySpan<byte> lines)
    {
        // Nobody waits for it.
    }

    public void StartTunnel()
    {
        // Upgrades are not mirrored.
    }

    public void ResumeRequest()
    {
        // The client is never held back for a mirror.
    }

    public void Abort()
    {
        // There is no client.
    }

    public void ExchangeDone()
    {
        // There is no client.
    }
}
