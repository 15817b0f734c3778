using Weft.Proxy.Tls;

namespace Weft.Proxy.Transport;

/// <summary>The TLS of a filter chain: a context, or the reason why there is none yet, in which case connections are refused.</summary>
internal sealed record ServerTlsSlot(TlsServerContext? Context, string Problem);
