using System.Buffers.Text;
using System.Net;
using System.Text;
using Weft.Proxy.Clusters;
using Weft.Proxy.Engine;
using Weft.Proxy.Listeners;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tls;
using Weft.Wire.Http;

namespace Weft.Proxy.Http;

/// <summary>
/// CONNECT (RFC 9110 section 9.3.6, RFC 9113 section 8.5): behind a 2xx the bytes both ways are a connection's. A client's CONNECT that a route ends here goes to a
/// <see cref="TcpUpstreamConnection"/>, or to an <see cref="InboundTunnel"/> where the endpoint is an internal listener; one that it does not end is handed on to an upstream, in whose protocol it
/// may be another one than in the client's. One of our own, for an <see cref="OutboundTunnel"/>, begins at step 4 with an endpoint that was chosen before, and leaves
/// no record, for the connection that it carries has one. Each side ends by itself; what has ended on both sides is over once its last byte went out.
/// </summary>
internal sealed partial class HttpExchange
{
    private WorkerEndpoint? _hop;

    /// <summary>True for a CONNECT that is none of RFC 8441.</summary>
    public bool IsConnect => Is(Progress.Connect);

    /// <summary>True for a client's CONNECT whose route has its bytes go to the cluster as they are; else it is handed on.</summary>
    public bool EndsConnect { get; private set; }

    /// <summary>True for a CONNECT that this proxy makes, not a client.</summary>
    public bool IsOwnConnect => Is(Progress.Unrecorded);

    /// <summary>True while bytes pass both ways.</summary>
    public bool IsTunnel => Is(Progress.Tunnel);

    /// <summary>The client's connection.</summary>
    public ConnectionFacts Facts => _facts;

    /// <summary>The upstream's certificate, if there is an upstream that showed one.</summary>
    public TlsPeer? UpstreamPeer => _upstream?.Peer;

    /// <summary>Our address of the connection to the upstream.</summary>
    public NetworkAddress UpstreamLocal => _upstream is { } upstream ? upstream.LocalAddress : _upstreamLocal;

    /// <summary>What the CONNECT asks the upstream for: the authority as the route left it.</summary>
    public ReadOnlySpan<byte> ConnectAuthority => !IsOwnConnect && RequestView.TryGet(KnownHeader.Host, out ReadOnlySpan<byte> host) ? host : _request.Authority.Of(HeadBytes);

    /// <summary>What a request line of HTTP/1.1 to the upstream names.</summary>
    public ReadOnlySpan<byte> UpstreamTarget => IsConnect ? ConnectAuthority : UpstreamPath;

    /// <summary>Why there was no connection, when there was none.</summary>
    public ReadOnlySpan<byte> TransportFailure => _transportFailure;

    /// <summary>True for a request that only an endpoint which announced SETTINGS_ENABLE_CONNECT_PROTOCOL may be sent over HTTP/2 (RFC 8441 section 3).</summary>
    public bool NeedsConnectProtocol => (_progress & (Progress.Upgrade | Progress.Connect)) == Progress.Upgrade;

    private ReadOnlySpan<byte> UpgradeName => IsConnect ? "CONNECT"u8 : _request.UpgradeToken.Of(HeadBytes);

    /// <summary>Asks the endpoint for a tunnel to <paramref name="authority"/>.</summary>
    public void BeginConnect(IDownstreamStream downstream, ConnectionFacts facts, HttpRuntime http, WorkerEndpoint hop, ReadOnlySpan<byte> authority)
    {
        Start(downstream, facts, http);
        _progress = Progress.Upgrade | Progress.Connect | Progress.Unrecorded;
        _head = _worker.Buffers.Rent(authority.Length);
        authority.CopyTo(_head);
        _headLength = authority.Length;
        _request = new RequestHead { Method = RequestMethod.Connect, Version = WireVersion.Http2, Authority = new ByteRange(0, (ushort)authority.Length) };
        _idleTimeout = TimeSpan.Zero;
        _hop = hop;
        _cluster = hop.Cluster;
        StartAttempt();
    }

    /// <summary>The address that a CONNECT names; false when it names a host.</summary>
    public bool TryGetDestination(out NetworkAddress destination)
    {
        destination = default;
        ReadOnlySpan<byte> authority = _request.Authority.Of(HeadBytes);
        int colon = authority.LastIndexOf((byte)':');
        if (colon < 0 || !Utf8Parser.TryParse(authority[(colon + 1)..], out ushort port, out int used) || used != authority.Length - colon - 1 || port == 0) return false;
        ReadOnlySpan<byte> host = authority[..colon];
        if (host is [(byte)'[', .., (byte)']']) host = host[1..^1];
        Span<char> text = stackalloc char[64];
        if (host.IsEmpty || host.Length > text.Length || !IPAddress.TryParse(text[..Encoding.ASCII.GetChars(host, text)], out IPAddress? address)) return false;
        destination = NetworkAddress.From(address, port);
        return true;
    }

    /// <summary>What a client's CONNECT asked for is there: the client is told, and what it sent already goes on.</summary>
    public void OnTunnelOpened()
    {
        if (Is(Progress.Finished)) return;
        TimerWheel.Disarm(_requestTimer);
        TimerWheel.Disarm(_tryTimer);
        TouchIdle();
        _responseStartNs = _worker.Clock.NowNs;
        _status = 200;
        _details = ReplyDetails.ViaUpstream;
        _progress |= Progress.ResponseStarted | Progress.Tunnel;
        AddOwnHeaders();
        if (_choice is { ResponseMutations.IsEmpty: false } choice) Mutate(choice.ResponseMutations, new HeadView(default, default, 0, _responseEdits), 200);
        _downstream!.SendHead(200, new HeadView(default, default, 0, _responseEdits), BodyFraming.Chunked, end: false);
        _downstream.StartTunnel();
        if (Is(Progress.RequestEnded)) _upstream?.SendEnd();
    }

    /// <summary>The upstream has said all that it will, and takes nothing more.</summary>
    public void OnTunnelClosed()
    {
        if (!Is(Progress.Finished)) Finish();
    }

    /// <summary>The upstream's side had ended in order, and it takes nothing more: what we send has nowhere to go.</summary>
    public void OnTunnelStopped()
    {
        _upstream = null;
        ReleaseSlots();
        if (!Is(Progress.Finished)) Finish();
    }

    /// <summary>From here on the exchange ends when nothing moves for this long.</summary>
    public void LimitIdle(TimeSpan limit)
    {
        _idleTimeout = limit;
        Arm(_idleTimer, limit);
    }

    /// <summary>A CONNECT of our own was answered.</summary>
    private void OnConnectHead(int status, bool ended)
    {
        _status = status;
        _progress |= Progress.ResponseStarted;
        bool opened = status is >= 200 and < 300;
        if (opened) _progress |= Progress.Tunnel;
        IDownstreamStream downstream = _downstream!;
        downstream.SendHead(status, default, BodyFraming.Chunked, ended);
        if (!opened)
        {
            Finish();
            return;
        }

        downstream.StartTunnel();
        if (ended) OnResponseEnd();
    }

    /// <summary>Both sides of a tunnel have ended: it is over when what waits has gone out. Another object's last bytes are its own.</summary>
    private void FinishTunnel()
    {
        if (Is(Progress.Tunnel) && Is(Progress.RequestEnded) && Is(Progress.ResponseEnded) && _upstream is not { IsBlocked: true }) Finish();
    }

    /// <summary>True for a CONNECT that is none of RFC 8441, which over HTTP/1.1 none is, whatever else it asks for.</summary>
    private bool AsksForTunnel => _request.Method == RequestMethod.Connect && (_request.Version != WireVersion.Http2 || !_request.Has(HeadFlags.Upgrade));

    private bool SettleConnect()
    {
        // Else a refusal would be a response of gRPC, whose status is 200.
        _isGrpc = false;
        if (_request.Version != WireVersion.Http2)
        {
            // What frames a body that there cannot be would have two readers disagree about the bytes behind it (Envoy refuses both alike).
            if (_request.Framing != BodyFraming.None)
            {
                bool isChunked = _request.Framing == BodyFraming.Chunked;
                Reply(isChunked ? 501 : 400, "A CONNECT has no body."u8, isChunked ? ReplyDetails.ConnectTransferEncoding : ReplyDetails.ConnectBody, ResponseFlags.DownstreamProtocolError);
                return false;
            }

            // What the client will send is the tunnel's, and its end the tunnel's too.
            _progress &= ~Progress.RequestEnded;
            _requestEndNs = 0;
        }

        _progress |= Progress.Upgrade | Progress.Connect;
        return true;
    }
}
