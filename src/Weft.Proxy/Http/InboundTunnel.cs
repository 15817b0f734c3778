using Weft.Proxy.Clusters;
using Weft.Proxy.Engine;
using Weft.Proxy.Interop;
using Weft.Proxy.Listeners;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Http;

/// <summary>
/// A CONNECT that ends here: its bytes become a connection to an internal listener, which serves it as it would one from a socket whose client had
/// dialled the CONNECT's authority, with the identity of the connection that brought the CONNECT. The exchange sees it as its upstream.
/// </summary>
internal sealed class InboundTunnel(Worker worker) : Tunnel(worker), IUpstreamStream
{
    private WorkerEndpoint _endpoint = null!;
    private bool _opening;

    public WorkerEndpoint Endpoint => _endpoint;

    public bool IsReused => false;

    protected override bool IsSinkBlocked => Exchange!.IsDownstreamBlocked;

    /// <summary>Readies the object for a CONNECT to the internal listener that the endpoint names.</summary>
    public InboundTunnel Towards(WorkerEndpoint endpoint)
    {
        _endpoint = endpoint;
        _opening = false;
        return this;
    }

    void IUpstreamStream.Begin(HttpExchange exchange) => Begin(exchange);

    public void SendHead(HttpExchange exchange, bool end)
    {
        // The exchange is in the middle of something: the connection begins when it is through.
        _opening = true;
        Worker.Schedule(this);
    }

    public void SendData(ReadOnlySpan<byte> data) => Take(data);

    public void SendEnd() => TakeEnd();

    public void SendTrailers(ReadOnlySpan<byte> lines) => TakeEnd();

    public void ResumeResponse() => Signal(Libc.EpollOut);

    public void Release() => Leave();

    public void Abort() => Leave();

    public override void Recycle()
    {
        base.Recycle();
        _endpoint = null!;
        Worker.InboundTunnels.Return(this);
    }

    internal override void OnScheduled()
    {
        if (!_opening)
        {
            base.OnScheduled();
            return;
        }

        _opening = false;
        if (Exchange is { } exchange) Open(exchange);
    }

    protected override void Pass(ReadOnlySpan<byte> bytes) => Exchange!.OnResponseData(bytes);

    protected override void PassEnd() => Exchange!.OnResponseEnd();

    protected override void PassClose()
    {
        HttpExchange exchange = Exchange!;
        EndOutput();
        if (Exchange is not null) exchange.OnTunnelClosed();
    }

    protected override void PassReset() => Fail(UpstreamFailure.Reset, "");

    protected override void ResumeSource() => Exchange?.OnUpstreamDrained();

    private void Open(HttpExchange exchange)
    {
        string name = _endpoint.Model.InternalListener;
        if (!exchange.TryGetDestination(out NetworkAddress destination))
        {
            exchange.Reply(400, "The authority of a CONNECT must be an IP address with a port here."u8, ReplyDetails.ConnectAuthority, ResponseFlags.None);
            return;
        }

        if (!Worker.Snapshot.Listeners.TryGetValue(name, out ListenerRuntime? listener) || !listener.Model.IsInternal)
        {
            Fail(UpstreamFailure.ConnectFailure, $"There is no internal listener '{name}'.");
            return;
        }

        if (!listener.State.TryEnter(listener.Model.ConnectionLimit))
        {
            Fail(UpstreamFailure.ConnectFailure, $"The internal listener '{name}' has as many connections as it may have.");
            return;
        }

        Worker.DownstreamConnections++;
        ConnectionInspection inspection = Worker.Inspections.Rent();
        Worker.Carry(inspection, this);
        exchange.OnTunnelOpened();
        inspection.Begin(listener, exchange.Facts, destination);
    }

    private void Fail(UpstreamFailure failure, string detail)
    {
        HttpExchange exchange = Exchange!;
        Leave();
        exchange.OnUpstreamFailure(failure, 0, detail);
    }

    private void Leave()
    {
        if (Exchange is null) return;
        _endpoint.EndRequest();
        Detach();
    }
}
