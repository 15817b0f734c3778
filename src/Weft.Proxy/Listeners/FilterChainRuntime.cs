using Weft.Proxy.Http;
using Weft.Proxy.Model;
using Weft.Proxy.Tcp;
using Weft.Proxy.Transport;

namespace Weft.Proxy.Listeners;

/// <summary>A filter chain made ready: its TLS context and its terminal. Immutable, shared by the workers.</summary>
internal sealed class FilterChainRuntime
{
    public FilterChainRuntime(ListenerRuntime listener, FilterChainModel model, TlsContexts contexts, int workers)
    {
        Listener = listener;
        Model = model;
        Tls = model.Tls is { } tls ? contexts.Server(tls) : null;
        Http = model.Terminal is HttpConnectionManagerModel http ? new HttpRuntime(listener.Model, http, workers) : null;
        Tcp = model.Terminal is TcpProxyModel tcp ? new TcpRuntime(listener.Model, tcp, workers) : null;
    }

    public ListenerRuntime Listener { get; }

    public FilterChainModel Model { get; }

    /// <summary>Null when the chain is plaintext.</summary>
    public ServerTlsSlot? Tls { get; }

    /// <summary>Set when the terminal is the connection manager.</summary>
    public HttpRuntime? Http { get; }

    /// <summary>Set when the terminal is the TCP proxy.</summary>
    public TcpRuntime? Tcp { get; }
}
