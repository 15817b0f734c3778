using System.Text;
using Weft.Proxy.Clusters;
using Weft.Proxy.Engine;
using Weft.Proxy.Interop;
using Weft.Proxy.Listeners;
using Weft.Proxy.Model;
using Weft.Proxy.Tcp;
using Weft.Proxy.Tls;
using Weft.Wire.Http;

namespace Weft.Proxy.Http;

/// <summary>
/// A connection to an upstream that is a stream of HTTP/2: the client of an exchange whose one request is a CONNECT
/// (<c>tcp_proxy.tunneling_config</c>). An endpoint with the address of an internal listener is reached by what that listener's TCP proxy says, with
/// the endpoint's own address as the destination, as if the listener had taken a connection to it; no second connection is made for that.
/// </summary>
internal sealed class OutboundTunnel(Worker worker) : Tunnel(worker), IDownstreamStream
{
    /// <summary>How long the last bytes of a closed connection may wait without progress for a peer that takes none.</summary>
    private static readonly TimeSpan s_lastWords = TimeSpan.FromSeconds(30);
    private readonly ConnectionFacts _facts = new();
    private string _identity = "";
    private string _failure = "";
    private TlsPeer? _peer;
    private NetworkAddress _local;
    private bool _connected;

    public override TlsPeer? Peer => _peer;

    public override NetworkAddress LocalAddress => _local;

    public override (int Error, string Detail) Failure => (_failure.Length > 0 ? Errno.ECONNRESET : base.Failure.Error, _failure);

    protected override bool IsSinkBlocked => !_connected || !Exchange!.CanTakeRequestData;

    /// <summary>
    /// Carries a connection to an endpoint with an internal address. It is ready when the target sees EPOLLOUT, and failed when it sees EPOLLERR, neither
    /// of them within this call.
    /// </summary>
    public void Connect(EpollTarget target, WorkerEndpoint endpoint)
    {
        Start(target, endpoint.Model.Metadata.Identity);
        string name = endpoint.Model.InternalListener;
        if (!Worker.Snapshot.Listeners.TryGetValue(name, out ListenerRuntime? listener) || !listener.Model.IsInternal)
        {
            Fail($"There is no internal listener '{name}'.");
            return;
        }

        if (listener.Chains is not [{ Tcp: { Model.Tunneling: not null } tcp }])
        {
            Fail($"The internal listener '{name}' is no way to an endpoint: it must have one filter chain, whose TCP proxy has `tunneling_config`.");
            return;
        }

        _facts.Local = endpoint.Address;
        _facts.LocalRestored = true;
        string cluster = tcp.Choose(Worker);
        TriedPriorities untried = default;
        if (Worker.Clusters.Find(Worker.Snapshot, cluster) is not { } carrier) Fail($"There is no cluster '{cluster}'.");
        else if (carrier.ChooseFor(_facts, null, [], 0, ref untried) is not { } hop) Fail($"The cluster '{cluster}' has no healthy endpoint.");
        else Request(tcp, hop, endpoint.Address);
    }

    /// <summary>Carries a connection of a TCP proxy that tunnels what it takes through an endpoint of its own cluster.</summary>
    public void Connect(EpollTarget target, WorkerEndpoint hop, TcpRuntime tcp, NetworkAddress destination)
    {
        Start(target, "");
        Request(tcp, hop, destination);
    }

    public void SendInterim(int status, HeadView view)
    {
        // It says nothing about the tunnel.
    }

    public void SendHead(int status, HeadView view, BodyFraming framing, bool end)
    {
        if (status is >= 200 and < 300) return;
        _failure = Exchange!.TransportFailure.IsEmpty
            ? $"The tunnel was refused with status {status}."
            : Encoding.UTF8.GetString(Exchange.TransportFailure);
    }

    public void StartTunnel()
    {
        _peer = Exchange!.UpstreamPeer;
        _local = Exchange.UpstreamLocal;
        if (_identity.Length > 0 && _peer?.SpiffeId != _identity)
        {
            string shown = _peer?.SpiffeId is { Length: > 0 } id ? $"is {id}" : "did not show who it is";
            Drop();
            Fail($"The workload at {_facts.Local} {shown}; it should be {_identity}.");
            return;
        }

        _connected = true;
        Signal(Libc.EpollOut);
    }

    public void SendData(ReadOnlySpan<byte> data)
    {
        if (_connected) Take(data);
    }

    public void SendEnd()
    {
        if (_connected) TakeEnd();
    }

    public void SendTrailers(ReadOnlySpan<byte> lines) => SendEnd();

    public void ResumeRequest()
    {
        if (Carried is not null && _connected) Signal(Libc.EpollOut);
        else if (Carried is null && HasOutputEnded && Exchange is { CanTakeRequestData: true }) Drop();
    }

    public void Abort()
    {
        if (_connected) Detach();
        else ExchangeDone();
    }

    public void ExchangeDone()
    {
        // What came before its end is still to be had; what would be sent now has nowhere to go.
        Exchange = null;
        if (Carried is null) Worker.RecycleLater(this);
        else if (!_connected) Fail(_failure);
    }

    public override void Recycle()
    {
        base.Recycle();
        _facts.Reset();
        _peer = null;
        _identity = _failure = "";
        Worker.OutboundTunnels.Return(this);
    }

    protected override void Pass(ReadOnlySpan<byte> bytes) => Exchange!.OnRequestData(bytes);

    protected override void PassEnd() => Exchange!.OnRequestEnd();

    protected override void PassClose()
    {
        if (!_connected)
        {
            Drop();
            return;
        }

        EndOutput();
        if (Exchange is null) return;
        // The last bytes wait for the peer to take them; the stream ends when they have gone out.
        if (Exchange.CanTakeRequestData) Drop();
        else Exchange.LimitIdle(s_lastWords);
    }

    protected override void PassReset() => Drop();

    protected override void ResumeSource() => Exchange?.OnDownstreamDrained();

    private void Start(EpollTarget target, string identity)
    {
        Begin();
        _facts.Reset();
        _identity = identity;
        _failure = "";
        _peer = null;
        _local = default;
        _connected = false;
        Worker.Carry(target, this);
    }

    private void Request(TcpRuntime tcp, WorkerEndpoint hop, NetworkAddress destination)
    {
        Span<byte> authority = stackalloc byte[TunnelingModel.MaxHostnameBytes];
        int length = tcp.Model.Tunneling!.WriteHostname(destination, authority);
        Exchange = Worker.Exchanges.Rent();
        Exchange.BeginConnect(this, _facts, tcp.Connects, hop, authority[..length]);
    }

    /// <summary>There is no connection; the target is told at the end of the round.</summary>
    private void Fail(string reason)
    {
        _failure = reason.Length > 0 ? reason : "The tunnel ended before it was open.";
        Signal(Libc.EpollErr);
    }

    /// <summary>Gives the stream up, of which nobody wants anything more.</summary>
    private void Drop()
    {
        HttpExchange exchange = Exchange!;
        Exchange = null;
        if (Carried is null) Worker.RecycleLater(this);
        exchange.OnDownstreamLost();
    }
}
