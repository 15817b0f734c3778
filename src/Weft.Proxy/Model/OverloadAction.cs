namespace Weft.Proxy.Model;

/// <summary>How load is shed, in the order in which the defaults do it. Envoy: <c>envoy.overload_actions.*</c>.</summary>
public enum OverloadAction
{
    /// <summary><c>shrink_heap</c>: memory that is not in use goes back to the system.</summary>
    ShrinkHeap,

    /// <summary><c>disable_http_keepalive</c>: every response is the last of its connection.</summary>
    DisableHttpKeepalive,

    /// <summary><c>stop_accepting_requests</c>: new requests are answered 503.</summary>
    StopAcceptingRequests,

    /// <summary><c>stop_accepting_connections</c>: new connections wait in the kernel's queue.</summary>
    StopAcceptingConnections,

    /// <summary><c>reject_incoming_connections</c>: new connections are closed at once.</summary>
    RejectIncomingConnections,
}
